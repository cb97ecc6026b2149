package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.Content;
import io.zerocopy.differential.Dimensions.FileKind;
import io.zerocopy.differential.Dimensions.FileState;

import java.util.List;

/** An end that is a file. */
record FileEnd(boolean isSource, FileKind kind, Content content, FileState state, int patternBytes)
        implements End {
    /** More than 16 KiB, from where on the JDK maps; less than any socket or pipe takes. */
    static final int SIZE = 20_000;

    FileEnd(boolean isSource, FileKind kind, Content content, FileState state) {
        this(isSource, kind, content, state, SIZE);
    }

    int size() {
        boolean isEmpty = isSpecial() || content == Content.EMPTY;
        return isEmpty ? 0 : patternBytes;
    }

    /** Whether it is the system's, and not made for a scenario. */
    boolean isSpecial() {
        return kind == FileKind.PROC || kind == FileKind.FULL_DEVICE;
    }

    /** Whether its class is the JDK's. */
    boolean isOfTheJdk() {
        return kind != FileKind.OWN_CLASS && kind != FileKind.ZIP;
    }

    @Override
    public boolean isValid() {
        return state != FileState.CLOSED && state != FileState.WRONG_MODE;
    }

    @Override
    public List<Object> parts() {
        return List.of(kind, content, state);
    }

    @Override
    public String toString() {
        String size = patternBytes == SIZE ? "" : " of " + patternBytes + " B";
        return kind + " " + content + size + " " + state;
    }
}
