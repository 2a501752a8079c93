import { describe, expect, test } from 'vitest'
import type { Body, TestInstance } from '../harness/instance.ts'
import { entraUser, patch } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'
import { addObject, addRule, addUsers, body, linksOf, ruleEntries } from './rules.ts'

/** Runs one rule, or all, for everyone, and waits for the end of the job. */
async function runForAll(instance: TestInstance, path = '/workflow-rules/run'): Promise<Body> {
  const { id } = body(await instance.admin('POST', path, {}), 202)
  return until('the run', async () => {
    const job = body(await instance.admin('GET', `/jobs/${id}`))
    return job.endedAt === null ? undefined : job
  })
}

async function rule(instance: TestInstance, id: string): Promise<Body> {
  return body(await instance.admin('GET', `/workflow-rules/${id}`))
}

/** What a stream of events has at first. */
async function firstEvents(path: string): Promise<string> {
  const { admin } = platform.connection()
  const stopping = new AbortController()
  const headers = { authorization: `Bearer ${admin.token}`, accept: 'text/event-stream' }
  const response = await fetch(`${admin.url}/admin/v1${path}`, { headers, signal: stopping.signal })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.split('event: item').length > 2) break
  }
  stopping.abort()
  return text
}

async function reports(instance: TestInstance): Promise<Body[]> {
  return body(await instance.admin('GET', '/workflow-rules/reports')).items
}

describe('a change (5.3)', () => {
  test('runs each rule once, in order, though other changes come on its heels; its own writes trigger nothing', async () => {
    const instance = await platform.instance()
    await addRule(instance, { field: 'scimSyncJobTitle', objectType: 'department', ifNone: 'create' })
    const titles = Array.from({ length: 8 }, (_, n) => `Title ${n}`)
    const created = await instance.scim(
      'POST',
      '/Users',
      entraUser(instance.unique('nora@harbour.test'), { title: 'T' }),
    )
    const { id } = body(created, 201)
    for (const title of titles) {
      await instance.scim('PATCH', `/Users/${id}`, patch({ op: 'Replace', path: 'title', value: title }))
    }
    await platform.settled()
    expect(await linksOf(instance, id)).toEqual({ department: ['Title 7'] })
    const history = body(await instance.admin('GET', `/change-history?person=${id}&limit=200`)).items.toReversed()
    const links = history.filter((entry: Body) => entry.kind === 'link')
    const names = links.map((entry: Body) => entry.new.objectName)
    expect(names).toEqual([...new Set(names)])
    expect(names.at(-1)).toBe('Title 7')
    // Each link goes on from the one before it: none was lost, none came twice or late.
    expect(links.map((entry: Body) => entry.old?.objectName ?? null)).toEqual([null, ...names.slice(0, -1)])
  })

  test('two rules that feed each other are cut, and reported with the chain; other rules go on', async () => {
    const instance = await platform.instance()
    for (const name of ['left', 'right']) {
      body(await instance.admin('POST', '/object-types', { name, label: name }), 201)
    }
    // By code, each names the next: left Red -> right Blue -> left Blue -> right Red -> left Red ...
    await addObject(instance, 'left', 'Red', 'Red')
    await addObject(instance, 'right', 'Blue', 'Red')
    await addObject(instance, 'left', 'Blue', 'Blue')
    await addObject(instance, 'right', 'Red', 'Blue')
    const a = await addRule(instance, { field: 'links.left', objectType: 'right', matchBy: 'code' })
    const b = await addRule(instance, { field: 'links.right', objectType: 'left', matchBy: 'code' })
    await addRule(instance, { field: 'team', objectType: 'left' })
    await addObject(instance, 'job-title', 'Pilot')
    const [nora] = await addUsers(instance, [{ team: 'red', scimSyncJobTitle: 'pilot' }])
    await platform.settled()
    expect((await linksOf(instance, nora.id))['job-title']).toEqual(['Pilot'])
    const told = (await ruleEntries(instance, nora.id)).map((entry) => `${entry.new.code}: ${entry.new.detail}`)
    expect(told).toEqual([
      'rule-loop-cut: Rules links.left -> right, links.right -> left, links.left -> right feed each other.',
    ])
    expect(await reports(instance)).toMatchObject([
      { code: 'rule-loop-cut', ruleIds: [a.id, b.id, a.id], count: 1, userId: nora.id },
    ])
  })

  test('a rule that fails for ten users in a row is paused and reported; one success in between starts anew; others go on', async () => {
    const instance = await platform.instance()
    await addObject(instance, 'department', 'Sales')
    await addObject(instance, 'job-title', 'Pilot')
    // A text is neither true nor false; without a country it is null, which is false.
    const failing = await addRule(instance, {
      field: 'department',
      objectType: 'department',
      condition: 'after.fields.country',
    })
    const bad = { department: 'Sales', country: 'NO', scimSyncJobTitle: 'Pilot' }
    for (let n = 0; n < 9; n++) {
      body(
        await instance.admin('POST', '/users', { userName: instance.unique(`a${n}@harbour.test`), fields: bad }),
        201,
      )
    }
    await platform.settled()
    const well = { userName: instance.unique('well@harbour.test'), fields: { department: 'Sales' } }
    body(await instance.admin('POST', '/users', well), 201)
    await platform.settled()
    const users: Body[] = []
    for (let n = 0; n < 9; n++) {
      const userName = instance.unique(`b${n}@harbour.test`)
      users.push(body(await instance.admin('POST', '/users', { userName, fields: bad }), 201))
    }
    await platform.settled()
    expect(await rule(instance, failing.id)).toMatchObject({ state: 'active', version: failing.version })
    const last = { userName: instance.unique('last@harbour.test'), fields: bad }
    body(await instance.admin('POST', '/users', last), 201)
    await platform.settled()
    expect(await rule(instance, failing.id)).toMatchObject({
      state: 'paused',
      version: failing.version + 1,
      reason: expect.stringContaining('failed for 10 users in a row'),
    })
    expect(await linksOf(instance, users[0].id)).toEqual({ 'job-title': ['Pilot'] })
    expect((await reports(instance)).map(({ code, count }) => `${code} ${count}`).toSorted()).toEqual([
      'rule-failed 19',
      'rule-paused 1',
    ])
    expect(await firstEvents(`/instances/${instance.id}/workflow-rules/reports`)).toContain('rule-paused')
    const saved = await ruleEntries(instance, instance.id)
    expect(saved.map(({ new: told }) => told.code).filter(Boolean)).toEqual(['rule-paused'])

    // Mended, resumed and run for everyone, it catches up.
    const version = (await rule(instance, failing.id)).version
    const mended = { field: 'department', objectType: 'department', condition: 'after.fields.country == "NO"' }
    const put = await instance.admin('PUT', `/workflow-rules/${failing.id}`, mended, { 'if-match': `"${version}"` })
    expect(put.status).toBe(200)
    expect((await instance.admin('POST', `/workflow-rules/${failing.id}/run`, {})).body.code).toBe('state-conflict')
    expect(body(await instance.admin('POST', `/workflow-rules/${failing.id}/resume`)).state).toBe('active')
    const job = await runForAll(instance, `/workflow-rules/${failing.id}/run`)
    expect(job).toMatchObject({ state: 'succeeded', result: { changed: 19, notFound: 0 } })
    await platform.settled()
    expect(await linksOf(instance, users[0].id)).toEqual({ 'job-title': ['Pilot'], department: ['Sales'] })
  })
})

describe('a try (5.4)', () => {
  test('says what a rule would do and why, saved or not, now or after a change, and changes nothing', async () => {
    const instance = await platform.instance()
    const engineer = await addObject(instance, 'job-title', 'Engineer')
    const [nora] = await addUsers(instance, [{ scimSyncJobTitle: 'engineer', department: 'Sales' }])
    await platform.settled()
    const attempt = async (request: Record<string, unknown>) =>
      body(await instance.admin('POST', '/workflow-rules/try', { userId: nora.id, ...request }))
    expect(await attempt({ ruleId: 'job-title' })).toMatchObject({
      matched: true,
      condition: null,
      value: 'engineer',
      object: { id: engineer.id, name: 'Engineer' },
      changed: false,
      why: 'engineer names job title Engineer.',
    })
    const unsaved = { field: 'department', objectType: 'department', condition: 'after.managed', ifNone: 'create' }
    expect(await attempt({ rule: unsaved })).toMatchObject({
      condition: false,
      matched: false,
      changed: false,
      why: 'The condition is false.',
    })
    expect(await attempt({ rule: { ...unsaved, condition: 'after.fields.department == "Sales"' } })).toMatchObject({
      condition: true,
      object: { id: null, type: 'department', name: 'Sales' },
      changed: true,
      why: 'There is no department Sales: it would be created.',
      links: { before: [{ objectName: 'Engineer' }], after: [{ objectName: 'Engineer' }, { objectName: 'Sales' }] },
    })
    expect(await attempt({ ruleId: 'job-title', fields: { scimSyncJobTitle: 'Diver' } })).toMatchObject({
      changed: true,
      object: null,
      links: { after: [] },
      warnings: [{ code: 'object-not-found' }],
    })
    expect((await instance.admin('POST', '/workflow-rules/try', { userId: nora.id })).status).toBe(422)
    await platform.settled()
    expect(await linksOf(instance, nora.id)).toEqual({ 'job-title': ['Engineer'] })
    expect(body(await instance.admin('GET', '/objects?type=department')).items).toEqual([])
    expect(body(await instance.admin('GET', '/workflow-rules')).version).toBe(1)
  })
})

describe('a run for everyone (5.4)', () => {
  test('links those whom a new rule, or a new object, would have linked; links of removed rules go', async () => {
    const instance = await platform.instance()
    const users = await addUsers(
      instance,
      Array.from({ length: 30 }, (_, n) => ({ department: n % 2 ? 'Sales' : 'R&D', scimSyncJobTitle: 'Pilot' })),
    )
    await platform.settled()
    await addObject(instance, 'job-title', 'Pilot')
    const added = await addRule(instance, { field: 'department', objectType: 'department', ifNone: 'create' })
    const job = await runForAll(instance)
    expect(job).toMatchObject({
      kind: 'rule-run',
      state: 'succeeded',
      progress: { done: 30, total: 30, failed: 0 },
      result: { changed: 30, notFound: 0 },
    })
    await platform.settled()
    const links = await Promise.all(users.slice(0, 2).map(({ id }) => linksOf(instance, id)))
    expect(links).toEqual([
      { 'job-title': ['Pilot'], department: ['R&D'] },
      { 'job-title': ['Pilot'], department: ['Sales'] },
    ])
    expect(await runForAll(instance)).toMatchObject({ result: { changed: 0 } })

    await instance.admin('DELETE', `/workflow-rules/${added.id}`, undefined, { 'if-match': `"${added.version}"` })
    await platform.settled()
    expect(await linksOf(instance, users[0].id)).toHaveProperty('department')
    expect(await runForAll(instance)).toMatchObject({ result: { changed: 30 } })
    await platform.settled()
    expect(await linksOf(instance, users[0].id)).toEqual({ 'job-title': ['Pilot'] })
  })
})
