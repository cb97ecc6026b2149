import org.gradle.api.internal.StartParameterInternal;
import org.gradle.api.internal.file.FileCollectionFactory;
import org.gradle.cli.CommandLineArgumentException;
import org.gradle.cli.CommandLineParser;
import org.gradle.cli.ParsedCommandLine;
import org.gradle.configuration.DefaultBuildClientMetaData;
import org.gradle.configuration.GradleLauncherMetaData;
import org.gradle.initialization.BuildClientMetaData;
import org.gradle.initialization.DefaultBuildCancellationToken;
import org.gradle.initialization.DefaultBuildRequestContext;
import org.gradle.initialization.DefaultBuildRequestMetaData;
import org.gradle.initialization.NoOpBuildEventConsumer;
import org.gradle.initialization.layout.BuildLayoutFactory;
import org.gradle.internal.buildevents.BuildExceptionReporter;
import org.gradle.internal.buildprocess.BuildProcessState;
import org.gradle.internal.classpath.ClassPath;
import org.gradle.internal.instrumentation.agent.AgentInitializer;
import org.gradle.internal.instrumentation.agent.AgentStatus;
import org.gradle.internal.logging.LoggingManagerInternal;
import org.gradle.internal.logging.services.LoggingServiceRegistry;
import org.gradle.internal.logging.text.StyledTextOutputFactory;
import org.gradle.internal.nativeintegration.console.ConsoleDetector;
import org.gradle.internal.nativeintegration.services.NativeServices;
import org.gradle.internal.service.ServiceRegistry;
import org.gradle.internal.service.ServiceRegistryBuilder;
import org.gradle.internal.service.scopes.BasicGlobalScopeServices;
import org.gradle.internal.service.scopes.Scope;
import org.gradle.launcher.cli.BuildEnvironmentConfigurationConverter;
import org.gradle.launcher.cli.Parameters;
import org.gradle.launcher.cli.converter.BuildLayoutConverter;
import org.gradle.launcher.cli.converter.InitialPropertiesConverter;
import org.gradle.launcher.configuration.BuildLayoutResult;
import org.gradle.launcher.configuration.InitialProperties;
import org.gradle.launcher.exec.BuildActionResult;
import org.gradle.launcher.exec.BuildExecutor;
import org.gradle.launcher.exec.DefaultBuildActionParameters;
import org.gradle.tooling.internal.provider.action.ExecuteBuildAction;
import org.gradle.util.GradleVersion;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Runs a Gradle command line inside this process, as the launcher of a distribution does with
 * --no-daemon when the JVM already fits. The gradle-api jar has all parts of it but a main class.
 */
public class RunGradle {
    private final List<String> arguments;
    private final ServiceRegistry loggingServices =
            LoggingServiceRegistry.newCommandLineProcessLogging();
    private final BuildClientMetaData client =
            new DefaultBuildClientMetaData(new GradleLauncherMetaData());

    private RunGradle(List<String> arguments) {
        this.arguments = arguments;
    }

    public static void main(String[] arguments) {
        int exitCode = 1;
        try {
            exitCode = new RunGradle(List.of(arguments)).run();
        } catch (CommandLineArgumentException e) {
            System.err.println(e.getMessage());
        } catch (Throwable e) {
            e.printStackTrace();
        }
        System.out.flush();
        System.err.flush();
        // Gradle leaves threads behind that are no daemons.
        System.exit(exitCode);
    }

    private int run() {
        LoggingManagerInternal logging =
                (LoggingManagerInternal)
                        loggingServices.getFactory(LoggingManagerInternal.class).create();
        logging.start();
        try {
            // Everything that touches files needs the native services, which live in the user's
            // home folder of Gradle, which the command line may name: so it is parsed twice.
            NativeServices.initializeOnClient(
                    gradleUserHome(), NativeServices.NativeServicesMode.ENABLED);
            return runCommandLine(logging);
        } finally {
            logging.stop();
        }
    }

    private File gradleUserHome() {
        InitialPropertiesConverter propertiesConverter = new InitialPropertiesConverter();
        BuildLayoutConverter layoutConverter = new BuildLayoutConverter();
        CommandLineParser parser = new CommandLineParser();
        propertiesConverter.configure(parser);
        layoutConverter.configure(parser);
        parser.allowUnknownOptions();
        parser.allowMixedSubcommandsAndOptions();
        ParsedCommandLine commandLine = parser.parse(arguments);
        InitialProperties properties = propertiesConverter.convert(commandLine);
        BuildLayoutResult layout = layoutConverter.convert(properties, commandLine, null);
        return layout.getGradleUserHomeDir();
    }

    private int runCommandLine(LoggingManagerInternal logging) {
        BuildEnvironmentConfigurationConverter converter =
                new BuildEnvironmentConfigurationConverter(
                        new BuildLayoutFactory(), basicServices().get(FileCollectionFactory.class));
        CommandLineParser parser = new CommandLineParser();
        converter.configure(parser);
        parser.option("v", "version").hasDescription("Prints version information and exits.");
        ParsedCommandLine commandLine = parser.parse(arguments);
        if (commandLine.hasOption("v")) {
            printVersion();
            return 0;
        }
        Parameters parameters = converter.convertParameters(commandLine, null);
        StartParameterInternal start = parameters.getStartParameter();
        logging.setLevelInternal(start.getLogLevel());
        logging.attachProcessConsole(start.getConsoleOutput());
        Map<String, String> properties =
                parameters.getDaemonParameters().getEffectiveSystemProperties();
        return runBuild(start, properties);
    }

    private ServiceRegistry basicServices() {
        return ServiceRegistryBuilder.builder()
                .scopeStrictly(Scope.Global.class)
                .displayName("Basic global services")
                .parent(loggingServices)
                .parent(NativeServices.getInstance())
                .provider(new BasicGlobalScopeServices())
                .build();
    }

    private static void printVersion() {
        System.out.printf(
                "Gradle %s (put together from Maven Central), Groovy %s, JVM %s%n",
                GradleVersion.current().getVersion(),
                groovy.lang.GroovySystem.getVersion(),
                System.getProperty("java.version"));
    }

    private int runBuild(StartParameterInternal start, Map<String, String> systemProperties) {
        BuildProcessState process =
                new BuildProcessState(
                        start.isContinuous(),
                        AgentStatus.disabled(),
                        ClassPath.EMPTY,
                        loggingServices,
                        NativeServices.getInstance());
        try {
            ServiceRegistry services = process.getServices();
            services.get(AgentInitializer.class).maybeConfigureInstrumentationAgent();
            setSystemProperties(systemProperties);
            BuildActionResult result =
                    services.get(BuildExecutor.class)
                            .execute(
                                    new ExecuteBuildAction(start),
                                    actionParameters(start, systemProperties),
                                    requestContext(services));
            return result.hasFailure() ? 1 : 0;
        } catch (Throwable e) {
            new BuildExceptionReporter(
                            loggingServices.get(StyledTextOutputFactory.class), start, client)
                    .execute(e);
            return 1;
        } finally {
            process.close();
        }
    }

    private static void setSystemProperties(Map<String, String> additional) {
        Properties properties = new Properties();
        properties.putAll(System.getProperties());
        properties.putAll(additional);
        System.setProperties(properties);
    }

    private static DefaultBuildActionParameters actionParameters(
            StartParameterInternal start, Map<String, String> systemProperties) {
        return new DefaultBuildActionParameters(
                systemProperties,
                System.getenv(),
                new File("").getAbsoluteFile(),
                start.getLogLevel(),
                false,
                ClassPath.EMPTY);
    }

    private DefaultBuildRequestContext requestContext(ServiceRegistry services) {
        DefaultBuildRequestMetaData request =
                new DefaultBuildRequestMetaData(
                        client,
                        ManagementFactory.getRuntimeMXBean().getStartTime(),
                        services.get(ConsoleDetector.class).isConsoleInput());
        return new DefaultBuildRequestContext(
                request, new DefaultBuildCancellationToken(), new NoOpBuildEventConsumer());
    }
}
