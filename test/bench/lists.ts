import { percentile } from '@user-provisioning/idp-simulator/latencies'
import { columns } from '@user-provisioning/idp-simulator/simulation-text'
import mongoose from 'mongoose'
import { request } from 'undici'
import { commandLine } from '../harness/command-line.ts'
import { readConnection } from '../harness/connection.ts'
import { type Body, entraUser, newInstance, type TestInstance } from '../harness/instance.ts'
import { withOwnSystem } from '../harness/own-system.ts'

const help = `What a page of a list takes in a large instance, from the request to the last byte of its answer.

  pnpm bench lists

  --users N    (100000)
  --repeat N   (20)
`

const values = commandLine(
  help,
  { users: { type: 'string', default: '100000' }, repeat: { type: 'string', default: '20' } },
  process.argv.slice(3),
)
const users = Number(values.users)
const pageSize = 200

interface Timed {
  readonly body: Body
  readonly tookMs: number
}

async function get(instance: TestInstance, query: string): Promise<Timed> {
  const startedAt = performance.now()
  const response = await request(`${instance.tenantUrl}/Users?${query}`, {
    headers: { authorization: `Bearer ${instance.secretToken}` },
  })
  const body = await response.body.json()
  if (response.statusCode !== 200) throw new Error(`${query}: ${JSON.stringify(body)}`)
  return { body, tookMs: performance.now() - startedAt }
}

/** Multiplies one user, as the system stored it, in the store: creating them all would take longer than measuring. */
async function multiply(instance: TestInstance, mongodbUri: string): Promise<void> {
  const { body } = await instance.scim('POST', '/Users', entraUser('user.0@harbour.test', { externalId: 'e0' }))
  const mongo = await mongoose.createConnection(mongodbUri).asPromise()
  const collection = mongo.useDb('identity').collection<{ _id: string }>('users')
  const one = JSON.stringify(await collection.findOne({ _id: body.id }))
  const start = Date.now()
  for (let n = 1; n < users; ) {
    const batch = Array.from({ length: Math.min(1_000, users - n) }, () => {
      const doc = JSON.parse(one.replaceAll('user.0@', `user.${n}@`).replaceAll('"e0"', `"e${n}"`))
      const at = new Date(start + n * 1_000)
      const active = n % 100 !== 0
      Object.assign(doc, {
        _id: body.id.slice(0, 24) + n.toString(16).padStart(12, '0'),
        meta: { created: at, lastModified: at },
        changedAt: at,
      })
      doc.scim.active = active
      doc.search.active = active
      n++
      return doc
    })
    await collection.insertMany(batch)
  }
  await mongo.close()
}

/** The cursor of the last page but one: only the whole walk leads there. */
async function walkToTheEnd(instance: TestInstance, query: string): Promise<string> {
  let cursor = ''
  for (let at = 0; at < users - 2 * pageSize; at += pageSize) {
    const { body } = await get(instance, `${query}&cursor=${cursor}`)
    cursor = body.nextCursor
  }
  return cursor
}

await withOwnSystem('lists', { fullSpeed: true }, async (system) => {
  await system.start()
  const instance = await newInstance(readConnection(system.connectionFile))
  await multiply(instance, system.stores.mongodbUri)
  const end = users - pageSize + 1
  const count = `count=${pageSize}`
  const lastChanged = new Date(Date.now() + (users - 100) * 1_000).toISOString()
  const cases: Record<string, string> = {
    'first page': count,
    'last page by startIndex': `${count}&startIndex=${end}`,
    'last page but one by cursor': `${count}&cursor=${await walkToTheEnd(instance, count)}`,
    'first page by userName': `${count}&sortBy=userName`,
    'last page by userName, startIndex': `${count}&sortBy=userName&startIndex=${end}`,
    'first page by title, which no index has': `${count}&sortBy=title`,
    'last page by title, startIndex': `${count}&sortBy=title&startIndex=${end}`,
    'how many there are (count=0)': 'count=0',
    'filter=userName eq': 'filter=userName+eq+%22user.77%40harbour.test%22',
    'filter=externalId eq': 'filter=externalId+eq+%22e77%22',
    'filter=emails.value eq': 'filter=emails.value+eq+%22user.77%40harbour.test%22',
    'filter=active eq false, a page': `${count}&filter=active+eq+false`,
    'filter=meta.lastModified ge, 100 of all': `${count}&filter=meta.lastModified+ge+%22${lastChanged}%22`,
    'filter=userName co, which no index has': `${count}&filter=userName+co+%22.777%22`,
  }
  const rows = [['page', 'of', 'p50 ms', 'max ms']]
  for (const [name, query] of Object.entries(cases)) {
    const times: number[] = []
    let total = 0
    for (let n = 0; n < Number(values.repeat); n++) {
      const { body, tookMs } = await get(instance, query)
      total = body.totalResults
      times.push(tookMs)
    }
    const sorted = times.toSorted((one, other) => one - other)
    rows.push([name, String(total), percentile(sorted, 0.5).toFixed(1), (sorted.at(-1) ?? 0).toFixed(1)])
  }
  process.stdout.write(`${columns(rows)}\n`)
})
