import { expect, test } from 'vitest'
import type { TestInstance } from '../harness/instance.ts'
import { entraUser, patch } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'
import { everyone, expectNewest, inCapitals, provisioned } from './reapplied.ts'
import { jobEnded, save, withRow } from './saving.ts'

/** More by `REAPPLIED_USERS=20000 pnpm exec vitest run --project system test/mapping/apply-killed.test.ts --testTimeout 600000`. */
const count = Number(process.env.REAPPLIED_USERS ?? 300)

test(`a re-apply of ${count} users who change meanwhile ends with the newest set for each, though mapping-service is killed (4.4)`, async () => {
  const instance = await platform.instance()
  const ids = await provisioned(instance, count)
  await platform.settled()
  const rows = await withRow(instance, inCapitals)
  const saved = await save(instance, 1, { rows, apply: true, perSecond: Math.max(100, count / 40) })
  const jobId = saved.body.applyJob
  expect(jobId).toMatch(/^mapping_/)
  await until('the job has begun', async () => {
    const { progress } = (await instance.admin('GET', `/jobs/${jobId}`)).body
    return progress.done > 0 ? progress : undefined
  })

  platform.kill('mapping-service', 0)
  // In a longer run once more, when it is at work again.
  const secondKill = count > 1_000 ? killAgain(instance, jobId) : undefined
  const newcomers: string[] = []
  for (let n = 0; n < 20; n++) {
    const title = `Lead ${n}`
    const changed = await instance.scim(
      'PATCH',
      `/Users/${ids[(n * 13) % count]}`,
      patch({ op: 'Replace', path: 'title', value: title }),
    )
    expect(changed.status).toBe(200)
    const created = await instance.scim('POST', '/Users', entraUser(instance.unique(`new${n}@harbour.test`), { title }))
    newcomers.push(created.body.id)
  }
  await secondKill
  const job = await jobEnded(instance, jobId, 60_000 + count * 10)
  expect(job).toMatchObject({ state: 'succeeded', kind: 'mapping-apply', result: { version: 2, failed: 0 } })
  if (count > 1_000) {
    const ms = Date.parse(job.endedAt) - Date.parse(job.startedAt)
    process.stdout.write(`${count} users re-applied in ${ms} ms, mapping-service killed twice on the way\n`)
  }
  await platform.settled()
  expectNewest(await everyone(instance, [...ids, ...newcomers]), 2)
})

/** Kills mapping-service once more after the job went on from where the first kill left it. */
async function killAgain(instance: TestInstance, jobId: string): Promise<void> {
  const doneOf = async (): Promise<number> => (await instance.admin('GET', `/jobs/${jobId}`)).body.progress?.done ?? 0
  const before = await doneOf()
  await until('the job goes on', async () => ((await doneOf()) > before + 500 ? true : undefined))
  platform.kill('mapping-service', 0)
}
