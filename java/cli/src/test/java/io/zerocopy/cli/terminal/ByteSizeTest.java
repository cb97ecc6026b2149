package io.zerocopy.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1 B",
        "4096, 4096, 4 KiB",
        "65537B, 65537, 65537 B",
        "512K, 512000, 512 kB",
        "512KiB, 524288, 512 KiB",
        "7M, 7000000, 7 MB",
        "7mb, 7000000, 7 MB",
        "7 MB, 7000000, 7 MB",
        "1Mi, 1048576, 1 MiB",
        "1MiB, 1048576, 1 MiB",
        "1G, 1000000000, 1 GB",
        "1000M, 1000000000, 1 GB",
        "2gib, 2147483648, 2 GiB",
        "4T, 4000000000000, 4 TB",
    })
    void readsWhatPeopleWriteAndShowsTheShortestExactForm(String text, long bytes, String shown) {
        ByteSize size = ByteSize.parse(text);
        assertEquals(bytes, size.bytes());
        assertEquals(shown, size.toString());
        assertEquals(size, ByteSize.parse(shown));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "M",
                "0",
                "0M",
                "-1",
                "1.5G",
                "7X",
                "7MM",
                "7iB",
                "5T",
                "99999999999999999999",
                "9223372036854775807G"
            })
    void refusesEverythingElseAndNamesIt(String text) {
        Exception refusal =
                assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text));
        assertTrue(refusal.getMessage().contains("'" + text + "'"), refusal.getMessage());
    }
}
