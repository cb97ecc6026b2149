package io.zerocopy.bench;

import io.zerocopy.bench.mover.PeerMode;
import io.zerocopy.cli.terminal.ByteSize;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** What the command line asks for. */
public final class Options {
    static final String USAGE =
            """
            Options of the benchmark:
              --quick                  a few rounds and small files: shows that it works, no more
              --rows small,bulk        which ones: small, bulk, socket-to-file, relay,
                                       file-to-pipe, file-to-unix, file-to-file, reflink, cold,
                                       zerocopy-send, static-responder, and of proxies relay-bulk,
                                       relay-http, relay-ping, relay-many; all of them by
                                       default. relay-* stands for all whose names begin so
              --bytes 64,512,4Ki       sizes of the small transfers
              --file-size 1Gi          size of the bulk and of the cold transfer
              --transfer-size 256Mi    size of the transfers of all other rows
              --relay-size 512Mi       what a proxy passes on in a round
              --exchanges 4000         of 64 bytes there and back, in a round of one connection
              --relays 4500            at a time in relay-many, of which 100 are busy
              --receivers blocking,spinning   what the receiver of the bulk transfer does
              --rounds 31              timed rounds, 3 to 1000; fewer than 31 give no verdict
              --java PATH,PATH         the java programs to measure, all in the same rounds;
                                       proxies run on the first one
              --seed 1                 of the order of the contenders and of the bootstrap
              --library PATH           the native library, if not the one in the jar
              --programs FOLDER        where the compiled C programs are
              --rigs FOLDER            where the scripts of tests/rig are
              --output FOLDER          where the reports go
              --docs FILE              puts the results between the marks of this document too;
                                       only those of a full run: all rows, at least 31 rounds
              --no-strace              does not count system calls
            """;

    static final int ROUNDS_FOR_VERDICT = 31;
    private static final int ROUNDS_QUICK = 5;
    private static final int ROUNDS_MIN = 3;
    private static final int ROUNDS_MAX = 1000;
    private static final int EXCHANGES_MAX = 1_000_000;

    /** Some of them have to rest, and the load has a limit. */
    private static final int RELAYS_MIN = 200;

    private static final int RELAYS_MAX = 8000;
    private static final String PROGRAMS_PROPERTY = "io.zerocopy.bench.programs";

    /** What the peer can do with a TCP connection that it takes from. */
    private static final List<PeerMode> RECEIVERS = List.of(PeerMode.BLOCKING, PeerMode.SPINNING);

    List<Row> rows = Row.ALL;
    boolean quick;
    boolean strace = true;
    List<Long> smallBytes = List.of(64L, 512L, 4096L, 16384L, 65536L);
    List<PeerMode> bulkReceivers = RECEIVERS;
    public List<Path> javas = List.of(Path.of(System.getProperty("java.home"), "bin", "java"));
    public Path programs = programs();
    Path output = Path.of("build/bench");
    Path rigs = Path.of("tests/rig");
    public Path library;

    /** The document to put the results into, or null. */
    Path docs;

    public long seed = 1;
    private Long fileBytes;
    private Long transferBytes;
    private Integer rounds;
    private Long relayBytes;
    private Integer relayExchanges;
    private Integer relays;

    private Options() {}

    /** Those that these arguments ask for. */
    public static Options parse(String[] arguments) throws BenchException {
        Options options = new Options();
        Iterator<String> words = split(arguments).iterator();
        while (words.hasNext()) {
            String name = words.next();
            try {
                if (!options.flag(name)) {
                    options.value(name, words.hasNext() ? words.next() : "");
                }
            } catch (IllegalArgumentException e) {
                throw new BenchException(name + ": " + e.getMessage() + "\n" + USAGE, e);
            }
        }
        options.checkDocs();
        return options;
    }

    /** Where the compiled C programs are, if no option says so. */
    static Path programs() {
        return Path.of(System.getProperty(PROGRAMS_PROPERTY, "tests/bench/build/programs"));
    }

    long fileBytes() {
        return fileBytes != null ? fileBytes : quick ? 96L << 20 : 1L << 30;
    }

    long transferBytes() {
        return transferBytes != null ? transferBytes : quick ? 32L << 20 : 256L << 20;
    }

    public int rounds() {
        return rounds != null ? rounds : quick ? ROUNDS_QUICK : ROUNDS_FOR_VERDICT;
    }

    /** What a proxy passes on in a round. */
    public long relayBytes() {
        return relayBytes != null ? relayBytes : quick ? 64L << 20 : 512L << 20;
    }

    /** How often 64 bytes go there and back in a round of one connection. */
    public int relayExchanges() {
        return relayExchanges != null ? relayExchanges : quick ? 500 : 4000;
    }

    /** How many relays there are at a time where there are many. */
    public int relays() {
        return relays != null ? relays : quick ? 1000 : 4500;
    }

    /** Whether there is enough to judge. */
    public boolean givesVerdicts() {
        return rounds() >= ROUNDS_FOR_VERDICT;
    }

    /** Results of a part, or those that decide nothing, must not take the place of full ones. */
    private void checkDocs() throws BenchException {
        if (docs != null && !(givesVerdicts() && strace && rows.equals(Row.ALL))) {
            throw new BenchException(
                    "--docs is for a full run: all rows, at least "
                            + ROUNDS_FOR_VERDICT
                            + " rounds, system calls counted");
        }
    }

    /** "--name=value" is "--name value". */
    private static List<String> split(String[] arguments) {
        List<String> words = new ArrayList<>();
        for (String argument : arguments) {
            words.addAll(List.of(argument.split("=", 2)));
        }
        return words;
    }

    private boolean flag(String name) {
        switch (name) {
            case "--quick" -> quick = true;
            case "--no-strace" -> strace = false;
            default -> {
                return false;
            }
        }
        return true;
    }

    private void value(String name, String value) {
        switch (name) {
            case "--rows" -> rows = chosen(value, Row.ALL, Row::word);
            case "--bytes" -> smallBytes = list(value).map(Options::size).toList();
            case "--file-size" -> fileBytes = size(value);
            case "--transfer-size" -> transferBytes = size(value);
            case "--relay-size" -> relayBytes = size(value);
            case "--exchanges" -> relayExchanges = number(value, 1, EXCHANGES_MAX);
            case "--relays" -> relays = number(value, RELAYS_MIN, RELAYS_MAX);
            case "--receivers" -> bulkReceivers = chosen(value, RECEIVERS, PeerMode::word);
            case "--rounds" -> rounds = number(value, ROUNDS_MIN, ROUNDS_MAX);
            case "--java" -> javas = list(value).map(Path::of).toList();
            case "--seed" -> seed = Long.parseLong(value);
            case "--library" -> library = Path.of(value).toAbsolutePath();
            case "--programs" -> programs = Path.of(value);
            case "--rigs" -> rigs = Path.of(value);
            case "--docs" -> docs = Path.of(value);
            case "--output" -> output = Path.of(value);
            default -> throw new IllegalArgumentException("there is no such option");
        }
    }

    private static <T> List<T> chosen(String value, List<T> all, Function<T, String> word) {
        List<String> words = all.stream().map(word).toList();
        List<String> chosen = list(value).flatMap(pattern -> matching(pattern, words)).toList();
        if (!words.containsAll(chosen) || chosen.isEmpty()) {
            throw new IllegalArgumentException("\"" + value + "\" is not out of " + words);
        }
        return all.stream().filter(one -> chosen.contains(word.apply(one))).toList();
    }

    /** A pattern that ends in an asterisk is the beginning of words; any other one is a word. */
    private static Stream<String> matching(String pattern, List<String> words) {
        String beginning = pattern.substring(0, pattern.length() - 1);
        return pattern.endsWith("*")
                ? words.stream().filter(word -> word.startsWith(beginning))
                : Stream.of(pattern);
    }

    private static int number(String value, int least, int most) {
        int number = Integer.parseInt(value);
        if (number < least || number > most) {
            throw new IllegalArgumentException(
                    number + " is not between " + least + " and " + most);
        }
        return number;
    }

    private static long size(String value) {
        return ByteSize.parse(value).bytes();
    }

    private static Stream<String> list(String value) {
        return Stream.of(value.split(",")).map(String::strip).filter(word -> !word.isEmpty());
    }
}
