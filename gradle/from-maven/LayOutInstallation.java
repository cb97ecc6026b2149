import org.gradle.internal.impldep.org.objectweb.asm.ClassReader;
import org.gradle.internal.impldep.org.objectweb.asm.ClassWriter;
import org.gradle.internal.impldep.org.objectweb.asm.Opcodes;
import org.gradle.internal.impldep.org.objectweb.asm.commons.ClassRemapper;
import org.gradle.internal.impldep.org.objectweb.asm.commons.Remapper;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes a Gradle installation in a folder whose lib/ holds the gradle-api jar and the libraries.
 *
 * <p>Gradle looks its parts up as modules: for each a jar that tells what it needs. The gradle-api
 * jar has the classes of all modules in one, and their descriptions. So every module gets a jar
 * with only its description, and those that belong to Gradle's core point at the real jars.
 *
 * <p>Arguments: the installation's folder, Gradle's version, the folder with the helper classes.
 */
public class LayOutInstallation {
    private static final String RELOCATED = "org/gradle/internal/impldep/";
    private static final String DESCRIPTION = "-classpath.properties";
    private static final String BEACON =
            "org/gradle/internal/installation/beacon/InstallationBeacon";
    private static final String COMPILE_TASK =
            "org/gradle/internal/compiler/java/IncrementalCompileTask.class";

    /** Libraries that Gradle looks up by name and whose classes are inside the gradle-api jar. */
    private static final List<String> MERGED_LIBRARIES =
            List.of(
                    "asm",
                    "commons-lang",
                    "guava",
                    "javax.inject",
                    "jul-to-slf4j",
                    "kryo",
                    "native-platform",
                    "slf4j-api");

    /** What Gradle's own start script opens for the JVM that a build runs in. */
    private static final String OPENED_PACKAGES =
            "java.base/java.lang java.base/java.lang.invoke java.base/java.util"
                    + " java.base/java.util.concurrent.atomic java.base/java.nio.charset"
                    + " java.base/java.net java.prefs/java.util.prefs";

    private final Path home;
    private final Path lib;
    private final String version;
    private final Path helperClasses;

    /** The jars with real content, in the order of the class path. */
    private final List<String> runtimeJars = new ArrayList<>();

    private final Map<String, Properties> descriptions = new TreeMap<>();
    private final Set<String> plugins = new TreeSet<>();

    private LayOutInstallation(Path home, String version, Path helperClasses) {
        this.home = home;
        this.lib = home.resolve("lib");
        this.version = version;
        this.helperClasses = helperClasses;
    }

    public static void main(String[] arguments) throws IOException {
        new LayOutInstallation(Path.of(arguments[0]), arguments[1], Path.of(arguments[2])).run();
    }

    private void run() throws IOException {
        Files.createDirectories(lib.resolve("plugins"));
        String corrections = "gradle-test-framework-names.jar";
        runtimeJars.add(corrections);
        runtimeJars.addAll(librariesOfTheBuildProcess());
        try (ZipFile gradleApi =
                new ZipFile(lib.resolve("gradle-api-" + version + ".jar").toFile())) {
            readDescriptions(gradleApi);
            readPlugins(gradleApi);
            writeJar(corrections, new Manifest(), correctedClasses(gradleApi));
        }
        writeModules();
        for (String library : MERGED_LIBRARIES) {
            writeJar(library + "-0.0.jar", new Manifest(), Map.of());
        }
        writeInitScript();
        writeMainJar();
    }

    /** The other libraries are for worker processes and isolated class loaders, which name them. */
    private List<String> librariesOfTheBuildProcess() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> jars =
                Files.newDirectoryStream(lib, "{gradle-api,groovy,kotlin}-*.jar")) {
            jars.forEach(jar -> names.add(jar.getFileName().toString()));
        }
        names.sort(null);
        return names;
    }

    private void readDescriptions(ZipFile gradleApi) throws IOException {
        for (ZipEntry entry : entries(gradleApi)) {
            String name = entry.getName();
            if (name.startsWith("gradle-") && name.endsWith(DESCRIPTION)) {
                String module = name.substring(0, name.length() - DESCRIPTION.length());
                descriptions.put(module, properties(gradleApi, entry));
            }
        }
    }

    private void readPlugins(ZipFile gradleApi) throws IOException {
        for (String list : List.of("gradle-plugins", "gradle-implementation-plugins")) {
            Properties properties = properties(gradleApi, gradleApi.getEntry(list + ".properties"));
            addNames(properties, "plugins", plugins);
        }
    }

    /**
     * The makers of the gradle-api jar moved foreign packages under org.gradle.internal.impldep, in
     * strings too. That is right for what Gradle itself uses, and wrong for what belongs to the
     * build: the test frameworks, and the names of Kotlin's libraries. Those are moved back.
     */
    private static Map<String, byte[]> correctedClasses(ZipFile gradleApi) throws IOException {
        Map<String, byte[]> corrected = new TreeMap<>();
        for (ZipEntry entry : entries(gradleApi)) {
            String name = entry.getName();
            boolean ownClass = name.startsWith("org/gradle/") && !name.startsWith(RELOCATED);
            if (!ownClass || !name.endsWith(".class")) {
                continue;
            }
            byte[] original = read(gradleApi, entry);
            if (NameCorrection.mayApply(original)) {
                NameCorrection correction = new NameCorrection(name);
                byte[] result = correction.apply(original);
                if (correction.changedAnything) {
                    corrected.put(name, result);
                }
            }
        }
        return corrected;
    }

    private void writeModules() throws IOException {
        Set<String> core = new TreeSet<>(Set.of("gradle-core", "gradle-installation-beacon"));
        addNames(descriptions.get("gradle-core"), "projects", core);
        for (String module : allModules(core)) {
            writeModule(module, core.contains(module));
        }
    }

    private Set<String> allModules(Set<String> core) {
        Set<String> all = new TreeSet<>(descriptions.keySet());
        all.addAll(plugins);
        all.addAll(core);
        for (Properties description : descriptions.values()) {
            addNames(description, "projects", all);
            addNames(description, "optional", all);
        }
        return all;
    }

    private void writeModule(String module, boolean core) throws IOException {
        Properties description = descriptions.getOrDefault(module, new Properties());
        String text =
                "projects="
                        + description.getProperty("projects", "")
                        + "\n"
                        + "runtime="
                        + (core ? String.join(",", runtimeJars) : "")
                        + "\n";
        Map<String, byte[]> entries = new TreeMap<>();
        entries.put(module + DESCRIPTION, text.getBytes(StandardCharsets.ISO_8859_1));

        Manifest manifest = new Manifest();
        if (module.equals("gradle-java-compiler-plugin")) {
            // It is loaded beside the compiler and apart from the rest of Gradle.
            entries.put(COMPILE_TASK, Files.readAllBytes(helperClasses.resolve(COMPILE_TASK)));
        } else {
            // A worker process gets the modules' jars and not what their descriptions list.
            String jars = String.join(" ", runtimeJars);
            manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, jars);
        }
        if (module.equals("gradle-installation-beacon")) {
            entries.put(BEACON + ".class", emptyClass(BEACON));
        }
        writeJar(module + "-" + version + ".jar", manifest, entries);
    }

    /** Gradle finds its installation by the jar that this class was loaded from. */
    private static byte[] emptyClass(String name) {
        ClassWriter writer = new ClassWriter(0);
        int access = Opcodes.ACC_PUBLIC | Opcodes.ACC_SUPER;
        writer.visit(Opcodes.V1_8, access, name, null, "java/lang/Object", null);
        writer.visitEnd();
        return writer.toByteArray();
    }

    private void writeInitScript() throws IOException {
        Path folder = Files.createDirectories(home.resolve("init.d"));
        Files.writeString(
                folder.resolve("no-incremental-compilation.gradle"),
                "allprojects {\n"
                    + "    tasks.withType(JavaCompile).configureEach { options.incremental = false"
                    + " }\n"
                    + "}\n");
    }

    private void writeMainJar() throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(helperClasses, "RunGradle*.class")) {
            for (Path file : files) {
                entries.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        String beacon = "gradle-installation-beacon-" + version + ".jar";
        Attributes attributes = new Attributes();
        attributes.put(Attributes.Name.MAIN_CLASS, "RunGradle");
        attributes.put(Attributes.Name.CLASS_PATH, beacon + " " + String.join(" ", runtimeJars));
        attributes.put(new Attributes.Name("Add-Opens"), OPENED_PACKAGES);
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().putAll(attributes);
        writeJar("run-gradle.jar", manifest, entries);
    }

    private void writeJar(String name, Manifest manifest, Map<String, byte[]> entries)
            throws IOException {
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        ByteArrayOutputStream manifestBytes = new ByteArrayOutputStream();
        manifest.write(manifestBytes);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(lib.resolve(name)))) {
            addEntry(zip, "META-INF/MANIFEST.MF", manifestBytes.toByteArray());
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                addEntry(zip, entry.getKey(), entry.getValue());
            }
        }
    }

    private static void addEntry(ZipOutputStream zip, String name, byte[] content)
            throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(content);
        zip.closeEntry();
    }

    private static List<ZipEntry> entries(ZipFile file) {
        List<ZipEntry> entries = new ArrayList<>();
        file.stream().forEach(entries::add);
        return entries;
    }

    private static byte[] read(ZipFile file, ZipEntry entry) throws IOException {
        try (InputStream stream = file.getInputStream(entry)) {
            return stream.readAllBytes();
        }
    }

    private static Properties properties(ZipFile file, ZipEntry entry) throws IOException {
        Properties properties = new Properties();
        try (InputStream stream = file.getInputStream(entry)) {
            properties.load(stream);
        }
        return properties;
    }

    private static void addNames(Properties properties, String key, Collection<String> names) {
        for (String name : properties.getProperty(key, "").split(",")) {
            if (!name.isBlank()) {
                names.add(name.trim());
            }
        }
    }

    /** Moves the names of test frameworks and of Kotlin's libraries in one class back. */
    private static final class NameCorrection extends Remapper {
        private static final Pattern RUNS_TEST_FRAMEWORKS =
                Pattern.compile(
                        "org/gradle/api/internal/tasks/testing/"
                                + "(junit|junitplatform|testng|detection)/.*");
        private static final Pattern WITH_SLASHES = misplaced("/");
        private static final Pattern WITH_DOTS = misplaced("\\.");

        private final boolean correctTypes;
        boolean changedAnything;

        NameCorrection(String classFile) {
            correctTypes = RUNS_TEST_FRAMEWORKS.matcher(classFile).matches();
        }

        private static Pattern misplaced(String separator) {
            String prefix = String.join(separator, "org", "gradle", "internal", "impldep", "");
            String names =
                    "org"
                            + separator
                            + "(junit|testng|hamcrest|opentest4j|apiguardian|jetbrains"
                            + separator
                            + "kotlin)|junit";
            return Pattern.compile(prefix + "(?=(" + names + ")\\b)");
        }

        static boolean mayApply(byte[] classFile) {
            String text = new String(classFile, StandardCharsets.ISO_8859_1);
            return text.contains("internal/impldep/") || text.contains("internal.impldep.");
        }

        byte[] apply(byte[] classFile) {
            ClassWriter writer = new ClassWriter(0);
            new ClassReader(classFile).accept(new ClassRemapper(writer, this), 0);
            return writer.toByteArray();
        }

        @Override
        public String map(String typeName) {
            return correctTypes ? corrected(typeName) : typeName;
        }

        @Override
        public Object mapValue(Object value) {
            return value instanceof String ? corrected((String) value) : super.mapValue(value);
        }

        private String corrected(String name) {
            String slashes = WITH_SLASHES.matcher(name).replaceAll("");
            String result = WITH_DOTS.matcher(slashes).replaceAll("");
            changedAnything |= !result.equals(name);
            return result;
        }
    }
}
