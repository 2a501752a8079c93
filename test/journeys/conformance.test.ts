import { beforeAll, describe, expect, test } from 'vitest'
import { readCorpus } from '../conformance/corpus.ts'
import { runCase, type Target } from '../conformance/run-case.ts'
import { platform } from '../harness/platform.ts'

const topics = Map.groupBy(readCorpus(), ({ topic }) => topic)

// Topics side by side, each with two instances of its own; within one, the cases follow each other as a client's requests do.
describe.concurrent.each([...topics])('%s', (_, cases) => {
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
    test(one.name, { concurrent: false }, async () => {
      const { failure } = await runCase(one, target)
      if (failure !== undefined) expect.fail(failure)
    })
  }
})
