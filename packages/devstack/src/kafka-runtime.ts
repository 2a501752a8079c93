import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartRefusal } from '@user-provisioning/runtime/start-refusal'
import { cacheFolder } from './cache-folder.ts'
import { fetchOnce } from './fetch-once.ts'
import { findJava, type Java } from './java-runtime.ts'
import { kafkaJars } from './kafka-jars.ts'
import { type Progress, step } from './progress.ts'
import { isOnPath, runCommand } from './run-command.ts'
import { verifyChecksum } from './verify-checksum.ts'
import { lastLines, megabytes } from './wheel.ts'

const version = '4.3.1'
const mavenMissing =
  'Maven is missing; it fetches Kafka. Install it: apt-get install maven (or start Docker, or give KAFKA_BROKERS).'
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-runtime</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

/** What starts a broker: Java, the class path, and where this Java's class archive is kept. */
export interface KafkaRuntime {
  java: string
  classPath: string
  classArchive: string
}

/**
 * Kafka 4.3.1 and a Java to run it, fetched once into the cache folder: the jars from Maven Central, each checked against
 * its recorded sha256. Refuses the start with a sentence where Maven is missing or the download fails.
 */
export async function fetchKafka(progress: Progress, signal?: AbortSignal): Promise<KafkaRuntime> {
  const folder = join(await cacheFolder(), `kafka-${version}`)
  const libs = join(folder, 'libs')
  const produce = (java: Java) => (part: string) =>
    step(
      progress,
      `Fetching Kafka ${version} from Maven Central`,
      async (current) => {
        const pomFile = join(part, 'pom.xml')
        await writeFile(pomFile, pom)
        let bytes = 0
        // -C: a wrong checksum is an error; Maven only warns otherwise.
        const args = ['-B', '-C', '-f', pomFile, copyDependencies, '-DincludeScope=runtime']
        const result = await runCommand('mvn', [...args, `-DoutputDirectory=${join(part, 'libs')}`], {
          signal,
          // Maven needs a Java too: the fetched one where the machine has none.
          env: java.home === undefined ? process.env : { ...process.env, JAVA_HOME: java.home },
          onLine(line) {
            bytes += downloadedBytes(line)
            if (bytes > 0) current.update(`${megabytes(bytes)} MB`)
          },
        })
        if (result.code !== 0) {
          const errors = result.output.split('\n').filter((line) => line.includes('ERROR'))
          const said = lastLines(errors.slice(0, 3).join('\n') || result.output)
          throw new StartRefusal(`Kafka could not be fetched from Maven Central. Maven says:\n${said}`)
        }
        current.update('verifying')
        for (const [file, sha256] of kafkaJars) await verifyChecksum(join(part, 'libs', file), sha256)
        await rm(pomFile)
      },
      () => `44 MB, ${kafkaJars.length} checksums verified`,
    )
  const isHere = existsSync(libs)
  // Asked before anything is downloaded, so that all that is missing is told at once.
  if (!isHere && !(await isOnPath('mvn'))) throw new StartRefusal(mavenMissing)
  const java = await findJava(progress, signal)
  await fetchOnce(folder, produce(java), {
    signal,
    onWaiting: () => progress.begin('Another start fetches Kafka').done(),
  })
  const javaMark = createHash('sha256').update(java.version).digest('hex').slice(0, 12)
  return {
    java: java.file,
    classPath: kafkaJars.map(([file]) => join(libs, file)).join(':'),
    classArchive: join(folder, `classes-${javaMark}.jsa`),
  }
}

/** The bytes that a line of Maven's transfer log reports, `Downloaded from central: … (5.1 MB at 3.0 MB/s)`; else 0. */
export function downloadedBytes(line: string): number {
  const [, amount, unit] = /Downloaded from .*\(([\d.]+) (B|kB|MB) at /.exec(line) ?? []
  return Number(amount ?? 0) * (unit === 'MB' ? 1_000_000 : unit === 'kB' ? 1_000 : 1)
}
