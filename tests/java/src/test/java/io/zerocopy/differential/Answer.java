package io.zerocopy.differential;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Everything that can be seen of a call.
 *
 * @param result the returned count, or the exception with its text and what it suppresses
 * @param interrupted whether the interrupt status is set afterwards
 * @param file the state of the file that the method belongs to
 * @param other the state of the other end
 * @param content what the target has afterwards, and what a source that is no file has left
 */
record Answer(String result, boolean interrupted, String file, String other, String content) {
    private static final String SEPARATOR = " | ";
    private static final String INTERRUPTED = ", interrupted";

    static String resultOf(Throwable e) {
        List<String> text = new ArrayList<>();
        text.add(nameOf(e));
        Arrays.stream(e.getSuppressed()).map(Answer::nameOf).forEach(text::add);
        return String.join(" + ", text);
    }

    private static String nameOf(Throwable e) {
        String name = shortName(e.getClass());
        // The JVM makes up the text of a NullPointerException from its code.
        boolean hasText = e.getMessage() != null && !(e instanceof NullPointerException);
        return hasText ? name + "(" + e.getMessage() + ")" : name;
    }

    private static String shortName(Class<? extends Throwable> type) {
        return type.getSimpleName().replace("Exception", "");
    }

    /** The answer that has this text. */
    static Answer parse(String text) {
        String[] fields = text.split(Pattern.quote(SEPARATOR), 4);
        boolean interrupted = fields[0].endsWith(INTERRUPTED);
        String result =
                fields[0].substring(
                        0, fields[0].length() - (interrupted ? INTERRUPTED.length() : 0));
        return new Answer(result, interrupted, fields[1], fields[2], fields[3]);
    }

    boolean isCount() {
        return Character.isDigit(result.charAt(0));
    }

    /** The returned count. */
    long count() {
        return Long.parseLong(result);
    }

    /** Whether exactly this was thrown. */
    boolean isThrown(Class<? extends Throwable> type) {
        String name = result.split("[( ]", 2)[0];
        return name.equals(shortName(type));
    }

    @Override
    public String toString() {
        String status = interrupted ? result + INTERRUPTED : result;
        return String.join(SEPARATOR, status, file, other, content);
    }
}
