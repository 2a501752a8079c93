import { defineConfig } from 'vitest/config'

// unit: pure, beside the code, no store. packages: one package against a real MongoDB or Kafka. properties: random cases, a
// real MongoDB among them. system: all of it, running.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // A machine that is busy with other things is not a failure.
          testTimeout: 30_000,
          include: ['{packages,services}/*/src/**/*.test.ts', 'test/{architecture,conformance}/**/*.test.ts'],
          exclude: ['**/*.store.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'packages',
          include: ['{packages,services}/*/src/**/*.store.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'properties',
          include: ['test/properties/**/*.test.ts'],
          testTimeout: 1_200_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/{journeys,rules,mapping,workflow}/**/*.test.ts'],
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
