package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.Natives;
import io.zerocopy.internal.core.Natives.Outcome;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;

/** From a file to a file, at the position of the target, which advances. */
final class FileToFileTransfer {
    private FileToFileTransfer() {}

    static long transfer(FileChannel source, long position, long count, FileChannel target)
            throws IOException {
        Steps steps;
        try {
            long size = source.size();
            if (size > 0 && position > size) {
                return 0;
            }
            // Not past its end of now: the target may be the same file, which then never ends.
            long most = size > 0 ? Math.min(count, size - position) : count;
            steps = new Steps(source, position, most);
            // FileChannel promises one operation at the position at a time. The lock comes first: a
            // thread that waits for it must not be registered, or close() would wait with it.
            synchronized (FileGuard.positionLock(target)) {
                guarded(steps, target);
            }
        } catch (ClosedChannelException e) {
            throw Closed.duringTransfer(e, source, target);
        }
        return steps.finish();
    }

    private static void guarded(Steps steps, FileChannel target) throws IOException {
        FileChannel source = steps.source();
        boolean completed = false;
        FileGuard.begin(source);
        try {
            int sourceIndex = FileGuard.add(source);
            try {
                int targetIndex = FileGuard.add(target);
                try {
                    run(steps, target);
                    completed = true;
                } finally {
                    FileGuard.remove(target, targetIndex);
                }
            } finally {
                FileGuard.remove(source, sourceIndex);
            }
        } finally {
            FileGuard.end(source, completed);
        }
    }

    private static void run(Steps steps, FileChannel target) throws IOException {
        int number = FileGuard.number(target);
        FileStep step = new FileStep();
        // Ends: each turn moves bytes of a finite count, or was interrupted by a close.
        while (!steps.isComplete()) {
            long movedBefore = steps.moved();
            step.begins();
            Outcome outcome = steps.step(number, Natives.TARGET_FILE, step.bytesMax());
            step.ends(steps.moved() - movedBefore);
            boolean goesOn = outcome == Outcome.MOVED || outcome == Outcome.INTERRUPTED;
            if (steps.isComplete() || steps.isEndedByClose(target) || !goesOn) {
                return;
            }
        }
    }
}
