package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Goal: a run takes the place of the run before it, and of nothing else in the document. Method:
 * small documents, and the real one.
 */
class ResultsBlockTest {
    private static final String BEGIN = "<!-- RESULTS BEGIN: by hand nothing -->\n";
    private static final String END = "<!-- RESULTS END -->\n";

    @TempDir private Path folder;

    @Test
    void onlyWhatIsBetweenTheMarksIsReplaced() throws BenchException, IOException {
        Path document = document("# Title\n" + BEGIN + "old\n\nolder\n" + END + "\nAfter, ä.\n");
        ResultsBlock.of(document).replace("new\n\n| µs |\n");
        assertEquals(
                "# Title\n" + BEGIN + "\nnew\n\n| µs |\n\n" + END + "\nAfter, ä.\n",
                Files.readString(document));
    }

    @Test
    void theSameResultsAgainChangeNothing() throws BenchException, IOException {
        Path document = document(BEGIN + END);
        ResultsBlock.of(document).replace("results");
        String once = Files.readString(document);
        ResultsBlock.of(document).replace("results");
        assertEquals(once, Files.readString(document));
    }

    @Test
    void whatWasWrittenMeanwhileStays() throws BenchException, IOException {
        Path document = document(BEGIN + END);
        ResultsBlock block = ResultsBlock.of(document);
        document(BEGIN + END + "Written during the run.\n");
        block.replace("results");
        assertTrue(Files.readString(document).endsWith(END + "Written during the run.\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no mark at all\n",
                BEGIN,
                END,
                END + BEGIN,
                BEGIN + BEGIN + END,
                BEGIN + END + END,
                "not at the beginning of a line: " + BEGIN + END
            })
    void aDocumentWithoutOneBlockIsRefusedAndLeftAsItIs(String text) throws IOException {
        Path document = document(text);
        BenchException e = assertThrows(BenchException.class, () -> ResultsBlock.of(document));
        assertTrue(e.getMessage().contains(document.toString()), e.getMessage());
        assertEquals(text, Files.readString(document));
    }

    @Test
    void aDocumentThatIsMissingIsRefused() {
        Path missing = folder.resolve("missing.md");
        assertThrows(BenchException.class, () -> ResultsBlock.of(missing));
    }

    @Test
    void theDocumentOfTheProjectHasABlock() throws BenchException {
        ResultsBlock.of(Path.of("docs/benchmarks.md"));
    }

    private Path document(String text) throws IOException {
        return Files.writeString(folder.resolve("document.md"), text);
    }
}
