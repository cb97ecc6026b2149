package io.zerocopy.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of a document that holds the last full run: what stands between two marks, each a line
 * of its own. What people have written around it stays.
 */
final class ResultsBlock {
    private static final String BEGIN = "<!-- RESULTS BEGIN";
    private static final String END = "<!-- RESULTS END";

    private final Path document;

    private ResultsBlock(Path document) {
        this.document = document;
    }

    /**
     * The block of this document.
     *
     * @throws BenchException if it has none: to be known before the run and not after it
     */
    static ResultsBlock of(Path document) throws BenchException {
        ResultsBlock block = new ResultsBlock(document);
        block.replaced(block.read(), "");
        return block;
    }

    /** Puts other content in the place of what is between the marks. */
    void replace(String content) throws BenchException {
        // Read again: the document may have been worked on during the run.
        String text = replaced(read(), content);
        try {
            Files.writeString(document, text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BenchException("can't write " + document + ": " + e.getMessage(), e);
        }
    }

    private String read() throws BenchException {
        try {
            return Files.readString(document, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BenchException("can't read " + document + ": " + e.getMessage(), e);
        }
    }

    private String replaced(String text, String content) throws BenchException {
        List<String> lines = text.lines().toList();
        int begin = only(lines, BEGIN);
        int end = only(lines, END);
        if (begin > end) {
            throw new BenchException(document + ": \"" + END + "\" stands before the other mark");
        }
        List<String> result = new ArrayList<>(lines.subList(0, begin + 1));
        result.add("");
        content.strip().lines().forEach(result::add);
        result.add("");
        result.addAll(lines.subList(end, lines.size()));
        return String.join("\n", result) + "\n";
    }

    private int only(List<String> lines, String mark) throws BenchException {
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith(mark)) {
                places.add(i);
            }
        }
        if (places.size() != 1) {
            throw new BenchException(
                    document + " has " + places.size() + " lines that begin with \"" + mark + "\"");
        }
        return places.get(0);
    }
}
