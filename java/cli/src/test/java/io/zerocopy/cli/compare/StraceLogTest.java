package io.zerocopy.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.Map;

class StraceLogTest {
    @Test
    void countsOneThreadsCallsBetweenItsMarks() {
        Map<String, Long> expected = Map.of("read", 2L, "write", 1L);
        assertEquals(
                Map.of("HEAP_8K", new SystemCalls(expected)),
                counted(
                        """
                        100 read(5, ""..., 8192) = 8192
                        100 newfstatat(AT_FDCWD, "/zerocopy-nio-mark/begin/HEAP_8K", 0x7f, 0) = -1 ENOENT
                        100 read(5, ""..., 8192) = 8192
                        101 futex(0x7f, FUTEX_WAKE_PRIVATE, 1) = 0
                        100 write(6, ""..., 8192) = 8192
                        100 read(5, "", 8192) = 0
                        100 access("/zerocopy-nio-mark/end/HEAP_8K", F_OK) = -1 ENOENT
                        100 close(5) = 0
                        """));
    }

    @Test
    void countsAnInterruptedCallOnceAndNoSignals() {
        assertEquals(
                Map.of("MAPPED", new SystemCalls(Map.of("write", 1L))),
                counted(
                        """
                        7   access("/zerocopy-nio-mark/begin/MAPPED", F_OK <unfinished ...>
                        8   futex(0x7f, FUTEX_WAIT_PRIVATE, 1, NULL <unfinished ...>
                        7   <... access resumed>) = -1 ENOENT (No such file or directory)
                        7   write(6, ""..., 16777216 <unfinished ...>
                        8   <... futex resumed>) = 0
                        7   --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8} ---
                        7   <... write resumed>) = 16777216
                        7   access("/zerocopy-nio-mark/end/MAPPED", F_OK) = -1 ENOENT
                        7   +++ exited with 0 +++
                        """));
    }

    @Test
    void keepsTheMarkedPartsApart() {
        assertEquals(
                Map.of(
                        "ZERO_COPY",
                        new SystemCalls(Map.of("sendfile", 1L)),
                        "FILE_CHANNEL",
                        new SystemCalls(Map.of("sendfile", 2L))),
                counted(
                        """
                        7 access("/zerocopy-nio-mark/begin/ZERO_COPY", F_OK) = -1 ENOENT
                        7 sendfile(6, 5, [0], 1000) = 1000
                        7 access("/zerocopy-nio-mark/end/ZERO_COPY", F_OK) = -1 ENOENT
                        7 read(6, ""..., 16) = 16
                        7 access("/zerocopy-nio-mark/begin/FILE_CHANNEL", F_OK) = -1 ENOENT
                        7 sendfile(6, 5, [0], 1000) = 500
                        7 sendfile(6, 5, [500], 500) = 500
                        7 access("/zerocopy-nio-mark/end/FILE_CHANNEL", F_OK) = -1 ENOENT
                        """));
    }

    @Test
    void leavesOutAPartWhoseEndIsMissing() {
        assertEquals(
                Map.of(),
                counted(
                        """
                        7 access("/zerocopy-nio-mark/begin/HEAP_8K", F_OK) = -1 ENOENT
                        7 read(5, ""..., 8192) = 8192
                        7 wri\
                        """));
    }

    private static Map<String, SystemCalls> counted(String log) {
        StraceLog calls = new StraceLog();
        log.lines().forEach(calls::add);
        return calls.counted();
    }
}
