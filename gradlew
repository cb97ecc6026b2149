#!/bin/sh
# Builds the project, also on a machine that has nothing yet: ./gradlew test, ./gradlew demo, ...
#
# It finds the tools that the build needs, installs the missing ones through the system's package
# manager where it may (and says what to type where it may not), and then runs Gradle: the standard
# wrapper, or where its distribution cannot be downloaded the same Gradle from Maven Central.
set -eu

project=$(cd "$(dirname "$(readlink -f "$0")")" && pwd -P)
. "$project/gradle/bootstrap/find.sh"
. "$project/gradle/bootstrap/install.sh"
. "$project/gradle/bootstrap/distribution.sh"

ensure jdk rust c
case " $* " in
*" assembleRelease "*) ensure python-venv ;;
esac

JAVA_HOME=$(find_jdk)
# The cargo that answers may stand behind one that does not.
PATH=$(find_cargo):$PATH
export JAVA_HOME PATH

if fetch_distribution; then
    start_wrapper exec "$@"
else
    ensure maven
    exec sh "$project/gradle/from-maven/gradle.sh" "$@"
fi
