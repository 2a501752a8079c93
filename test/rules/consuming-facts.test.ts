import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { entraUser, patch, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { outsideGroup } from '../harness/settled.ts'
import { until } from '../harness/until.ts'

const root = join(import.meta.dirname, '..', '..')
const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

/** The guide's own consumer, as it is printed there. */
async function guidesConsumer(instance: TestInstance) {
  const guide = await readFile(join(root, 'docs', 'guides', 'consuming-facts.md'), 'utf8')
  const code = /```js\n(.*?)```/s.exec(guide)?.[1]
  if (code === undefined) throw new Error('the guide has no consumer')
  const folder = await mkdtemp(join(tmpdir(), 'consumer-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  await symlink(join(root, 'packages', 'messaging', 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'consumer.mjs'), code)
  const database = join(folder, 'copy.db')
  const env = {
    ...process.env,
    KAFKA_BROKERS: platform.connection().stores.kafkaBrokers,
    INSTANCE_ID: instance.id,
    DATABASE: database,
    GROUP: `${outsideGroup}${randomUUID()}`,
  }
  const start = () => {
    const child = spawn(process.execPath, ['consumer.mjs'], { cwd: folder, env, stdio: 'ignore' })
    const gone = once(child, 'exit')
    const kill = async () => {
      child.kill('SIGKILL')
      await gone
    }
    stack.defer(kill)
    return kill
  }
  return { database, start }
}

function readCopy(database: string) {
  const db = new DatabaseSync(database, { readOnly: true })
  try {
    const rows = (sql: string) =>
      db
        .prepare(sql)
        .all()
        .map((row) => Object.values(row).join(' '))
    return {
      users: rows(`SELECT id, version, state, fields, links FROM users WHERE state <> 'deleted' ORDER BY id`),
      groups: rows(`SELECT id, version, displayName FROM groups WHERE state <> 'deleted' ORDER BY id`),
      members: rows('SELECT groupId, id FROM members WHERE isMember = 1 ORDER BY groupId, id'),
    }
  } catch {
    // Not made yet, or just being written.
    return { users: [], groups: [], members: [] }
  } finally {
    db.close()
  }
}

/** What the admin API and SCIM say, in the form of the copy. */
async function readTruth(instance: TestInstance) {
  const users: string[] = []
  for (const { id } of (await instance.admin('GET', '/users?limit=200')).body.items) {
    if (id === instance.integrationUserId) continue
    const user = (await instance.admin('GET', `/users/${id}`)).body
    users.push([id, user.version, user.state, JSON.stringify(user.fields), JSON.stringify(user.links)].join(' '))
  }
  const groups: string[] = []
  const members: string[] = []
  for (const { id, version, displayName } of (await instance.admin('GET', '/groups?limit=200')).body.items) {
    groups.push(`${id} ${version} ${displayName}`)
    const { body } = await instance.scim('GET', `/Groups/${id}`)
    for (const { value } of body.members ?? []) members.push(`${id} ${value}`)
  }
  return { users: users.toSorted(), groups: groups.toSorted(), members: members.toSorted() }
}

async function expectCopyOf(instance: TestInstance, database: string): Promise<void> {
  await platform.settled()
  const truth = await readTruth(instance)
  await until('the copy', async () => JSON.stringify(readCopy(database)) === JSON.stringify(truth) || undefined).catch(
    () => expect(readCopy(database)).toEqual(truth),
  )
}

test("8.1: the guide's consumer has what is true, though it is killed; and from a snapshot alone once it lost all", async () => {
  const instance = await platform.instance()
  await instance.admin('POST', '/objects', { type: 'job-title', name: 'Engineer' })
  const { database, start } = await guidesConsumer(instance)
  const kill = start()
  const users: string[] = await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      const created = await instance.scim('POST', '/Users', entraUser(instance.unique(`user${n}@harbour.test`)))
      return created.body.id
    }),
  )
  const members = users.map((value) => ({ value }))
  const { body: group } = await instance.scim('POST', '/Groups', { displayName: 'Pilots', members })
  await until('its first user', async () => readCopy(database).users.length > 0 || undefined)
  await kill()
  const [first, second, third] = users
  await instance.scim('PATCH', `/Users/${first}`, patch({ op: 'replace', path: 'title', value: 'Lead' }))
  await instance.scim('PATCH', `/Groups/${group.id}`, patch({ op: 'remove', path: `members[value eq "${second}"]` }))
  await instance.scim('DELETE', `/Users/${third}`)
  const killAgain = start()
  await expectCopyOf(instance, database)

  await killAgain()
  await rm(database)
  start()
  const job = await instance.admin('POST', '/announce-again', {})
  expect(job.status).toBe(202)
  await until('the end of the job', async () => {
    const { state } = (await instance.admin('GET', `/jobs/${job.body.id}`)).body
    return state === 'succeeded' || undefined
  })
  await expectCopyOf(instance, database)
  expect(readCopy(database).members).toHaveLength(28)

  // The history does not take a repetition for a change.
  const history = (await instance.admin('GET', `/change-history?person=${first}&limit=200`)).body.items
  const told = history.map((entry: { kind: string; path: string; new: unknown }) =>
    [entry.kind, entry.path, entry.new].join(' '),
  )
  expect(new Set(told).size).toBe(told.length)
})
