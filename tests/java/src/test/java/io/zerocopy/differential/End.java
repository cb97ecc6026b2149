package io.zerocopy.differential;

import java.util.List;

/** How one end of a transfer is to be made. */
sealed interface End permits FileEnd, ChannelEnd, SameFileEnd {
    /** Whether bytes come from it. */
    boolean isSource();

    /** Whether a call may move bytes: what is not valid hides everything else. */
    boolean isValid();

    /** Its values in the dimensions. */
    List<Object> parts();
}
