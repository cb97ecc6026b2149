package io.zerocopy.differential;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The answers of the newest JDK, for those that are older. One line has an answer and the numbers
 * of the cases that have it; the first has the checksum of the names of all cases.
 */
final class Recording {
    private static final String RESOURCE = "answers-of-jdk-25.txt";
    private static final String NAMES = "names ";

    private final Map<Integer, Answer> answers = new HashMap<>();

    private Recording() {}

    /** Reads the recording, which has to be of these cases. */
    static Recording of(List<Case> cases) {
        Recording recording = new Recording();
        try (InputStream in = Recording.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                return recording;
            }
            List<String> lines =
                    new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
            if (!lines.get(0).equals(NAMES + sumOfNames(cases))) {
                // The numbers are of other cases.
                return recording;
            }
            lines.subList(1, lines.size()).forEach(recording::read);
            return recording;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The answer to the case of this number; null if it has none. */
    Answer answer(int number) {
        return answers.get(number);
    }

    static void write(Path path, List<Case> cases, Map<Integer, Answer> answers)
            throws IOException {
        Map<String, List<String>> numbers = new LinkedHashMap<>();
        for (int number = 0; number < cases.size(); number++) {
            if (answers.containsKey(number)) {
                String answer = answers.get(number).toString();
                numbers.computeIfAbsent(answer, key -> new ArrayList<>())
                        .add(String.valueOf(number));
            }
        }
        List<String> lines = new ArrayList<>();
        lines.add(NAMES + sumOfNames(cases));
        numbers.forEach((answer, of) -> lines.add(answer + "\t" + String.join(" ", of)));
        Files.write(path, lines);
    }

    private void read(String line) {
        String[] fields = line.split("\t");
        Answer answer = Answer.parse(fields[0]);
        for (String number : fields[1].split(" ")) {
            answers.put(Integer.parseInt(number), answer);
        }
    }

    private static String sumOfNames(List<Case> cases) {
        CRC32 sum = new CRC32();
        cases.forEach(of -> sum.update(of.name().getBytes(StandardCharsets.UTF_8)));
        return Long.toHexString(sum.getValue());
    }
}
