/** How many cases each property is tried with: 10,000 by `pnpm test:properties`. */
export const numRuns = Number(process.env.PROPERTY_RUNS ?? 200)
