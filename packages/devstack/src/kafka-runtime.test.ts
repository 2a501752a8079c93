import { expect, test } from 'vitest'
import { majorOf } from './java-runtime.ts'
import { downloadedBytes } from './kafka-runtime.ts'
import { newClusterId } from './local-kafka.ts'

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "25" 2025-09-16', 25],
  ['java version "1.8.0_402"', 1],
  ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.2" 2024-01-16', 21],
  ['nonsense', 0],
])('the major version is read from %j', (version, major) => {
  expect(majorOf(version)).toBe(major)
})

test('what Maven downloads is counted from its log', () => {
  const line = '[INFO] Downloaded from central: https://repo.example/kafka_2.13-4.3.1.jar (5.9 MB at 39 MB/s)'
  expect(downloadedBytes(line)).toBe(5_900_000)
  expect(downloadedBytes(line.replace('5.9 MB', '752 kB'))).toBe(752_000)
  expect(downloadedBytes('[INFO] BUILD SUCCESS')).toBe(0)
})

test('a cluster id never looks like an option', () => {
  for (let n = 0; n < 500; n += 1) expect(newClusterId()).toMatch(/^[A-Za-z0-9]{22}$/)
})
