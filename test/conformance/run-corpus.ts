import { type Case, levels } from './corpus.ts'
import { isRunnable, type Outcome, runCase, type Target } from './run-case.ts'

export interface Result extends Partial<Outcome> {
  readonly one: Case
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly ms: number
}

/** Runs cases one after the other, telling each result as it comes. */
export async function runCorpus(
  corpus: readonly Case[],
  target: Target,
  onResult: (result: Result) => void = () => undefined,
): Promise<Result[]> {
  const results: Result[] = []
  for (const one of corpus) {
    const startedAt = performance.now()
    const outcome = isRunnable(one, target) ? await runCase(one, target) : undefined
    const verdict = outcome === undefined ? 'skipped' : outcome.failure === undefined ? 'passed' : 'failed'
    const result: Result = { one, verdict, ms: Math.round(performance.now() - startedAt), ...outcome }
    results.push(result)
    onResult(result)
  }
  return results
}

const count = (results: readonly Result[], verdict: Result['verdict']) =>
  results.filter((result) => result.verdict === verdict).length

/** What became of the cases: by topic, by level, and in all. The last line is `N passed, N failed`. */
export function summary(results: readonly Result[]): string {
  const topics = Map.groupBy(results, ({ one }) => one.topic)
  const width = Math.max(...[...topics.keys()].map((topic) => topic.length), 0)
  const repeated = results.reduce((sum, result) => sum + (result.repeated ?? 0), 0)
  const warnings = Map.groupBy(
    results.flatMap((result) => [...(result.warnings ?? [])]),
    (warning) => warning,
  )
  return [
    `${''.padEnd(width)}  passed  failed  skipped`,
    ...[...topics].map(([topic, some]) => {
      const [passed, failed, skipped] = (['passed', 'failed', 'skipped'] as const).map((each) => count(some, each))
      return `${topic.padEnd(width)}  ${String(passed).padStart(6)}  ${String(failed).padStart(6)}  ${String(skipped).padStart(7)}`
    }),
    ...levels.flatMap((level) => {
      const some = results.filter(({ one, verdict }) => one.level === level && verdict !== 'skipped')
      return some.length === 0 ? [] : [`level ${level}: ${count(some, 'passed')} of ${some.length} passed`]
    }),
    ...[...warnings].map(([warning, some]) => `warning: ${warning} (in ${some.length} cases)`),
    ...(repeated > 0 ? [`${repeated} requests repeated`] : []),
    ...(count(results, 'skipped') > 0 ? [`${count(results, 'skipped')} skipped: they need a second instance`] : []),
    `${count(results, 'passed')} passed, ${count(results, 'failed')} failed`,
  ].join('\n')
}
