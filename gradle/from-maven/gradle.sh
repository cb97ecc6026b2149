#!/bin/sh
# Runs Gradle 8.10 where its distribution cannot be downloaded, but a Maven repository can be reached.
#
# Many build networks have a mirror of Maven Central and nothing else. All of Gradle's own classes are
# there too, in one jar that plug-in authors compile against (dev.gradleplugins:gradle-api). The first
# run lays an installation out around that jar; every run then starts it in one JVM, without a daemon.
#
#   gradle.sh ANY-GRADLE-ARGUMENTS
#
# JAVA_HOME must be a JDK of 17 to 23. The installation goes to GRADLE_USER_HOME/from-maven; removing
# that folder makes the next run lay it out anew. The files beside this one:
#   pom.xml, checksums.sha256     the libraries, fetched by Maven and compared with their checksums
#   LayOutInstallation.java       makes the installation from them
#   IncrementalCompileTask.java   stands in for a class that the gradle-api jar leaves out
#   RunGradle.java                the main class
set -eu

version=8.10
here=$(cd "$(dirname "$0")" && pwd -P)
cache=${GRADLE_USER_HOME:-$HOME/.gradle}/from-maven
# A change of any file here makes another installation, so that none is ever half old.
key=$(cat "$here"/*.java "$here/pom.xml" "$here/checksums.sha256" | sha256sum | cut -c1-12)
installation=$cache/gradle-$version-$key
main_jar=$installation/lib/run-gradle.jar

lay_out() {
    echo "Putting Gradle $version together from Maven Central (once, about 20 s) ..." >&2
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies \
        -DoutputDirectory="$work/home/lib" >"$work/maven.log" 2>&1 || {
        cat "$work/maven.log" >&2
        exit 1
    }
    (cd "$work/home/lib" && sha256sum --check --quiet --strict "$here/checksums.sha256") >&2
    mkdir "$work/classes"
    "$JAVA_HOME/bin/javac" -proc:none -nowarn -cp "$work/home/lib/*" -d "$work/classes" "$here"/*.java
    "$JAVA_HOME/bin/java" -cp "$work/classes:$work/home/lib/*" LayOutInstallation \
        "$work/home" "$version" "$work/classes"
    mv -T "$work/home" "$installation"
    rm -rf "$work"
    trap - EXIT
}

if [ ! -f "$main_jar" ]; then
    mkdir -p "$cache"
    # Of two first runs at once, the second waits and then finds the work done.
    exec 9>"$cache/lock"
    if command -v flock >/dev/null; then flock 9; fi
    [ -f "$main_jar" ] || lay_out
    exec 9>&-
fi

exec "$JAVA_HOME/bin/java" -Xmx768m -XX:MaxMetaspaceSize=384m -XX:TieredStopAtLevel=1 \
    ${GRADLE_OPTS:-} -Dorg.gradle.appname=gradlew -jar "$main_jar" "$@"
