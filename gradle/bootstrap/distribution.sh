# Functions of gradlew about Gradle's own distribution, which the standard wrapper downloads.

user_home=${GRADLE_USER_HOME:-$HOME/.gradle}
wrapper=$project/gradle/wrapper/gradle-wrapper

# Fails where only the fallback is left.
fetch_distribution() {
    if distribution_is_unpacked; then return 0; fi
    # An earlier run found out that it cannot be had. Removing that folder makes the next one try.
    if ls -d "$user_home"/from-maven/gradle-* >/dev/null 2>&1; then return 1; fi
    try_download
}

distribution_is_unpacked() {
    name=$(sed -n 's|^distributionUrl=.*/\(.*\)\.zip$|\1|p' "$wrapper.properties")
    ls "$user_home/wrapper/dists/$name"/*/*.ok >/dev/null 2>&1
}

# The wrapper itself tries, so that its proxy settings and its time-outs count.
try_download() {
    echo "Fetching Gradle ..." >&2
    log=$(mktemp)
    if start_wrapper command --version >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    if grep -q 'Verification of Gradle distribution failed' "$log"; then
        cat "$log" >&2
        exit 1
    fi
    reason=$(sed -n 's/^Exception in thread "main" //p' "$log")
    echo "Gradle's distribution cannot be downloaded: ${reason:-$(tail -n 1 "$log")}" >&2
    rm -f "$log"
    return 1
}

# $1 is "exec" to become the wrapper, or "command" to come back.
start_wrapper() {
    how=$1
    shift
    # GRADLE_OPTS holds several options, so it is left to fall apart at its blanks.
    $how "$JAVA_HOME/bin/java" -Xmx64m ${GRADLE_OPTS:-} -Dorg.gradle.appname=gradlew \
        -classpath "$wrapper.jar" org.gradle.wrapper.GradleWrapperMain "$@"
}
