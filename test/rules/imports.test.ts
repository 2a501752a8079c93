import { describe, expect, test } from 'vitest'
import { type Answer, type Body, http, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'

/** Sends a file of rows to an import of the instance. */
function send(
  instance: TestInstance,
  path: string,
  body: string,
  headers: Record<string, string> = { 'content-type': 'application/x-ndjson' },
): Promise<Answer> {
  const { url, token } = platform.connection().admin
  return http(`${url}/admin/v1/instances/${instance.id}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body,
  })
}

const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n')

/** The job once it has ended. */
async function ended(instance: TestInstance, started: Answer): Promise<Body> {
  expect(started.status).toBe(202)
  const path = String(started.headers.get('location')).split(instance.id)[1] ?? ''
  return until('the end of the job', async () => {
    const { body } = await instance.admin('GET', path)
    return body.endedAt === null ? undefined : body
  })
}

const errorsOf = async (instance: TestInstance, job: Body): Promise<Body[]> =>
  (await instance.admin('GET', `/jobs/${job.id}/errors?limit=200`)).body.items

const csv = { 'content-type': 'text/csv' }

describe('an import of native accounts (3.1)', () => {
  test('creates what is in order, lists each bad row as it was sent, and says so before it does it', async () => {
    const instance = await platform.instance()
    const [nora, ola] = [instance.unique('nora@harbour.test'), instance.unique('ola@harbour.test')]
    const file = [
      'userName,fields.firstName,fields.email',
      `${nora},Nora,${nora}`,
      `${nora},Twice,`,
      `,Nameless,`,
      'too,many,cells,here',
      `${ola},"Ola, the ""second""",`,
    ].join('\r\n')

    const tried = await ended(instance, await send(instance, '/users/import?dryRun=true', file, csv))
    expect(tried).toMatchObject({ state: 'succeeded', parameters: { dryRun: true }, progress: { done: 5, total: 5 } })
    expect((await instance.admin('GET', `/users?userName=${nora}`)).body.items).toEqual([])

    const job = await ended(instance, await send(instance, '/users/import', file, csv))
    expect(job).toMatchObject({ kind: 'user-import', state: 'succeeded', result: { imported: 2, refused: 3 } })
    const errors = await errorsOf(instance, job)
    expect(errors.map(({ line, code, item }) => [line, code, item.fields?.firstName ?? item.userName])).toEqual(
      [
        [5, 'wrong-type', 'too'],
        [3, 'user-name-taken', 'Twice'],
        [4, 'required', 'Nameless'],
      ].toSorted(([a], [b]) => Number(a) - Number(b)),
    )
    const made = (await instance.admin('GET', `/users?userName=${ola}`)).body.items[0]
    expect((await instance.admin('GET', `/users/${made.id}`)).body).toMatchObject({
      managed: false,
      fields: { firstName: 'Ola, the "second"', userName: ola },
    })
  })

  test('with mode=upsert brings what is there into line with its row, and leaves what an IdP manages to the IdP', async () => {
    const instance = await platform.instance()
    const [nora, ola] = [instance.unique('nora@harbour.test'), instance.unique('ola@harbour.test')]
    await instance.admin('POST', '/users', { userName: nora, fields: { firstName: 'Nora', office: 'Oslo' } })
    await instance.scim('POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: ola })
    const rows = lines([
      { userName: nora.toUpperCase(), fields: { firstName: 'Nora Marie' } },
      { userName: ola, fields: { firstName: 'Ola' } },
      { userName: instance.unique('new@harbour.test') },
    ])
    const job = await ended(instance, await send(instance, '/users/import?mode=upsert', rows))
    expect(job.result).toMatchObject({ imported: 2, refused: 1 })
    expect(await errorsOf(instance, job)).toMatchObject([{ line: 2, code: 'managed-by-idp' }])
    const again = await ended(instance, await send(instance, '/users/import?mode=upsert', rows))
    expect(again.result).toMatchObject({ imported: 0, unchanged: 2, refused: 1 })
    const found = (await instance.admin('GET', `/users?userName=${nora}`)).body.items[0]
    expect((await instance.admin('GET', `/users/${found.id}`)).body.fields).toMatchObject({
      firstName: 'Nora Marie',
      office: 'Oslo',
    })
  })

  test('goes on where it was when identity-service is killed in its middle, and makes each account once', async () => {
    const instance = await platform.instance()
    const rows = Array.from({ length: 1_000 }, (_, n) => ({ userName: instance.unique(`user-${n}@harbour.test`) }))
    const started = await send(instance, '/users/import', lines([...rows, rows[7] ?? {}]))
    const path = `/jobs/${started.body.id}`
    await until('a job under way', async () => {
      const { progress } = (await instance.admin('GET', path)).body
      return progress.done > 100 ? progress : undefined
    })
    platform.kill('identity-service', 0)
    await instance.admin('PATCH', path, { perSecond: 10_000 })
    const job = await ended(instance, started)
    expect(job).toMatchObject({
      state: 'succeeded',
      progress: { done: 1_001, total: 1_001, failed: 1 },
      result: { imported: 1_000, refused: 1 },
    })
    expect(await errorsOf(instance, job)).toMatchObject([{ line: 1_001, code: 'user-name-taken' }])
    const { url, token } = platform.connection().admin
    const all = await fetch(`${url}/admin/v1/instances/${instance.id}/users?managed=false&format=ndjson`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const names = (await all.text()).trim().split('\n')
    expect(names.filter((line) => JSON.parse(line).userName?.includes('user-'))).toHaveLength(1_000)
  })

  test('that was cut off goes on when it is sent again with its Idempotency-Key; another file under the key is refused', async () => {
    const instance = await platform.instance()
    const rows = Array.from({ length: 1_050 }, (_, n) => ({ userName: instance.unique(`again-${n}@harbour.test`) }))
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': instance.unique('import-1') }
    const { url, token } = platform.connection().admin
    const cutOff = await fetch(`${url}/admin/v1/instances/${instance.id}/users/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, ...headers },
      body: ReadableStream.from(
        (async function* () {
          yield new TextEncoder().encode(`${lines(rows.slice(0, 1_020))}\n`)
          await until('the job of the first part', async () => (await instance.admin('GET', '/jobs')).body.items[0])
          throw new Error('the line is dead')
        })(),
      ),
      duplex: 'half',
    }).catch((err: unknown) => err)
    expect(cutOff).toBeInstanceOf(Error)
    const [waiting] = (await instance.admin('GET', '/jobs')).body.items
    expect(waiting).toMatchObject({ state: 'queued', startedAt: null })

    const first = await send(instance, '/users/import', lines(rows), headers)
    expect(first.body.id).toBe(waiting.id)
    const second = await send(instance, '/users/import', lines(rows), headers)
    expect(second.body.id).toBe(first.body.id)
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    await instance.admin('PATCH', `/jobs/${first.body.id}`, { perSecond: 10_000 })
    expect(await ended(instance, first)).toMatchObject({ progress: { done: 1_050, total: 1_050, failed: 0 } })
    const other = await send(instance, '/users/import?mode=upsert', lines(rows), headers)
    expect(other.body).toMatchObject({ status: 422, code: 'idempotency-key-reused' })
  })

  test('of groups and of objects is the same', async () => {
    const instance = await platform.instance()
    const groups = await ended(
      instance,
      await send(instance, '/groups/import', 'displayName\nSales\nsales\nSupport\n', csv),
    )
    expect(groups.result).toMatchObject({ imported: 2, refused: 1 })
    const rows = lines([
      { type: 'job-title', name: 'Engineer', code: 'E1' },
      { type: 'boat', name: 'Fram' },
    ])
    const objects = await ended(instance, await send(instance, '/objects/import', rows))
    expect(objects).toMatchObject({ kind: 'object-import', result: { imported: 1, refused: 1 } })
    expect(await errorsOf(instance, objects)).toMatchObject([{ line: 2, item: { name: 'Fram' } }])
    const all = (await instance.admin('GET', '/jobs')).body
    expect(all.items.map(({ kind }: Body) => kind)).toEqual(['object-import', 'group-import'])
    expect(all.incomplete).toBeUndefined()
  })
})

test('a rename of native users shows its clashes before it is done, and takes the names that are free (3.1)', async () => {
  const instance = await platform.instance()
  const names = ['nora', 'ola', 'kari'].map((name) => instance.unique(`${name}@old.test`))
  for (const userName of names) await instance.admin('POST', '/users', { userName })
  await instance.admin('POST', '/users', { userName: instance.unique('ola@new.test') })
  const body = { pattern: { suffix: '@OLD.test', by: '@new.test' } }
  const tried = await ended(instance, await instance.admin('POST', '/users/rename?dryRun=true', body))
  const rows = (await instance.admin('GET', `/jobs/${tried.id}/result`)).body.items
  const told = rows.map(({ to, clash }: Body) => [to.replace(/^.*\./, ''), to.split('.')[1], clash])
  expect(told).toEqual([
    ['test', 'nora@new', null],
    ['test', 'ola@new', 'user-name-taken'],
    ['test', 'kari@new', null],
  ])
  expect((await instance.admin('GET', `/users?userName=${names[0]}`)).body.items).toHaveLength(1)

  const job = await ended(instance, await instance.admin('POST', '/users/rename', body))
  expect(job).toMatchObject({ kind: 'user-rename', progress: { failed: 1 }, result: { renamed: 2, refused: 1 } })
  const list = { renames: [{ from: instance.unique('nora@new.test'), to: instance.unique('nora.quist@new.test') }] }
  expect((await ended(instance, await instance.admin('POST', '/users/rename', list))).result).toMatchObject({
    renamed: 1,
  })
  const found = await instance.admin('GET', `/users?userName=${instance.unique('nora.quist@new.test')}`)
  expect(found.body.items).toHaveLength(1)
  expect((await instance.scim('GET', `/Users/${found.body.items[0].id}`)).body.userName).toBe(
    instance.unique('nora.quist@new.test'),
  )
})
