package io.zerocopy.differential;

import java.util.List;

/** The other end is the same file again: the same channel, or another one at this position. */
record SameFileEnd(boolean isSource, boolean isSameChannel, long position) implements End {
    @Override
    public boolean isValid() {
        return true;
    }

    @Override
    public List<Object> parts() {
        return List.of(this);
    }
}
