import { beforeAll, describe, expect, test } from 'vitest'
import { readCorpus } from '../conformance/corpus.ts'
import { runCase, type Target } from '../conformance/run-case.ts'
import { platform } from '../harness/platform.ts'

/** Cases that wait for what is not built yet, by `topic/name`. One that passes all the same fails here, to be removed. */
const awaited: readonly RegExp[] = [
  /^17-cursor\/cursor: (?!a result that fits one page|count 0)/,
  /^12-rfc-query-put\/\.search: POST with a filter/,
]

const topics = Map.groupBy(readCorpus(), ({ topic }) => topic)

// Topics side by side, each with two instances of its own; within one, the cases follow each other as a client's requests do.
describe.concurrent.each([...topics])('%s', (topic, cases) => {
  let target: Target
  beforeAll(async () => {
    const [first, second] = await Promise.all([platform.instance(), platform.instance()])
    target = {
      tenants: [
        { url: first.tenantUrl, token: first.secretToken },
        { url: second.tenantUrl, token: second.secretToken },
      ],
    }
  })

  for (const one of cases) {
    const isAwaited = awaited.some((pattern) => pattern.test(`${topic}/${one.name}`))
    test(one.name, { concurrent: false, fails: isAwaited }, async () => {
      const { failure } = await runCase(one, target)
      if (failure !== undefined) expect.fail(failure)
    })
  }
})
