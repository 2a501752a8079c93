import { defineConfig } from 'vitest/config'

// What `pnpm mutate` runs for each fault: the package's own tests, but for those that watch the clock.
export default defineConfig({ test: { include: ['src/**/*.test.ts'], exclude: ['src/cost.test.ts'] } })
