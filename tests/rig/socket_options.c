/* Socket options as the kernel has them, for the Java tests: Java can ask for few of them. */

#include <jni.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { VALUE_BYTES_MAX = 128 };

/* The value of an option, or NULL where this socket has none. */
JNIEXPORT jbyteArray JNICALL Java_io_zerocopy_fixture_SocketOptions_get(
        JNIEnv *env, jclass class, jint fd, jint level, jint option)
{
    (void) class;
    jbyte value[VALUE_BYTES_MAX] = {0};
    socklen_t size = sizeof value;
    if (getsockopt(fd, level, option, value, &size) != 0) {
        return NULL;
    }
    jbyteArray array = (*env)->NewByteArray(env, (jsize) size);
    if (array != NULL) {
        (*env)->SetByteArrayRegion(env, array, 0, (jsize) size, value);
    }
    return array;
}

/* Whether SO_SNDTIMEO could be set. */
JNIEXPORT jboolean JNICALL Java_io_zerocopy_fixture_SocketOptions_setSendTimeout(
        JNIEnv *env, jclass class, jint fd, jint seconds)
{
    (void) env;
    (void) class;
    struct timeval timeout = {.tv_sec = seconds, .tv_usec = 0};
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0;
}
