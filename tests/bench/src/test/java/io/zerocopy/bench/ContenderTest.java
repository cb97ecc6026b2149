package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Which ratios are told. All are of one mover here; that of another JVM never is. */
class ContenderTest {
    private final Contender ours = contender("zc_transfer_to", false, true);
    private final Contender oursToo = contender("zc_transfer", false, true);
    private final Contender ofTheJdk = contender("jdk_transfer_to", false, false);
    private final Contender ourCFace = contender("zc_transfer", true, true);
    private final Contender anchor = contender("sendfile", true, false);

    @Test
    void oursInJavaIsComparedWithAllButItself() {
        assertTrue(ours.isComparedWith(ofTheJdk));
        assertTrue(ours.isComparedWith(anchor));
        assertTrue(ours.isComparedWith(ourCFace));
        assertFalse(ours.isComparedWith(ours));
        assertFalse(ours.isComparedWith(oursToo));
    }

    @Test
    void theCFaceIsComparedWithTheCProgramOnly() {
        assertTrue(ourCFace.isComparedWith(anchor));
        assertFalse(ourCFace.isComparedWith(ofTheJdk));
        assertFalse(ourCFace.isComparedWith(ours));
        assertFalse(ourCFace.isComparedWith(ourCFace));
    }

    @Test
    void othersAreComparedWithNobody() {
        assertFalse(ofTheJdk.isComparedWith(anchor));
        assertFalse(anchor.isComparedWith(ours));
    }

    private static Contender contender(String method, boolean isNative, boolean isOurs) {
        return new Contender(null, method, method, isNative, isOurs);
    }
}
