import { describe, expect, test } from 'vitest'
import { entraUser, http, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

describe('bad input gets a clear 4xx in SCIM form', () => {
  test('no token, a wrong one and another scheme: 401 with WWW-Authenticate', async () => {
    const instance = await platform.instance()
    for (const authorization of [undefined, 'Bearer nonsense', 'Basic eDp5', `Bearer ${instance.secretToken}x`]) {
      const answer = await http(`${instance.tenantUrl}/Users`, { headers: authorization ? { authorization } : {} })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
      expect(answer.body).toMatchObject({ schemas: [schemas.error], status: '401' })
    }
  })

  test.each([
    ['malformed JSON', '{"userName": ', 'application/scim+json', 400],
    ['not an object', '[]', 'application/scim+json', 400],
    ['a wrong content type', 'userName=x', 'application/x-www-form-urlencoded', 415],
    ['over 1 MB', JSON.stringify({ userName: 'x', title: 'y'.repeat(1_100_000) }), 'application/scim+json', 413],
    ['an empty user name', '{"userName": ""}', 'application/scim+json', 400],
  ])('%s', async (_, body, contentType, status) => {
    const instance = await platform.instance()
    const answer = await http(`${instance.tenantUrl}/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${instance.secretToken}`, 'content-type': contentType },
      body,
    })
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ schemas: [schemas.error], status: String(status) })
  })

  test('an unknown resource is 404, an unknown method 405, /Me 501, a wrong filter 400', async () => {
    const instance = await platform.instance()
    expect((await instance.scim('GET', '/Devices')).status).toBe(404)
    expect((await instance.scim('PUT', '/Users')).status).toBe(405)
    expect((await instance.scim('GET', '/Me')).status).toBe(501)
    const filter = await instance.scim('GET', `/Users?filter=${encodeURIComponent('userName eq')}`)
    expect(filter.status).toBe(400)
    expect(filter.body.scimType).toBe('invalidFilter')
  })

  test('the Tenant URL works with and without the instance in it, and with a trailing slash', async () => {
    const instance = await platform.instance()
    const bare = instance.tenantUrl.replace(`/instances/${instance.id}`, '')
    for (const url of [
      `${instance.tenantUrl}/Users/`,
      `${bare}/Users`,
      `${bare}/Users?unknown=1&`,
      `${instance.tenantUrl}/`,
    ]) {
      const answer = await http(url, { headers: { authorization: `Bearer ${instance.secretToken}` } })
      expect(answer.status).toBe(200)
    }
  })
})

describe('API keys', () => {
  test('a revoked key reads and writes nothing from the answer on; the secondary goes on', async () => {
    const instance = await platform.instance()
    const second = await instance.admin('POST', '/api-keys', {
      integrationUserId: instance.integrationUserId,
      label: 'next',
    })
    expect(second.body.slot).toBe('secondary')
    expect(
      (await instance.admin('POST', '/api-keys', { integrationUserId: instance.integrationUserId })).body.code,
    ).toBe('slots-full')
    expect((await instance.admin('POST', `/api-keys/${instance.apiKeyId}/revoke`)).body.state).toBe('revoked')
    const refused = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    expect(refused.status).toBe(401)
    expect((await instance.scim('GET', '/Users')).status).toBe(401)
    const withSecond = await http(`${instance.tenantUrl}/Users`, {
      headers: { authorization: `Bearer ${second.body.secret}` },
    })
    expect(withSecond.status).toBe(200)
  })
})

describe('the admin API', () => {
  test('refuses what it does not know, all faults at once, as problem+json', async () => {
    const instance = await platform.instance()
    const answer = await instance.admin('POST', '/users', { userName: '', colour: 'teal' })
    expect(answer.status).toBe(422)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body).toMatchObject({ code: 'validation-failed', retryable: false })
    expect(answer.body.errors).toHaveLength(2)
  })

  test('repeats the stored answer for an Idempotency-Key, and refuses it for another body', async () => {
    const instance = await platform.instance()
    const headers = { 'idempotency-key': `key-${instance.id}` }
    const body = { userName: instance.unique('native@harbour.test') }
    const first = await instance.admin('POST', '/users', body, headers)
    const repeat = await instance.admin('POST', '/users', body, headers)
    expect(first.status).toBe(201)
    expect(repeat.status).toBe(201)
    expect(repeat.body.id).toBe(first.body.id)
    expect((await instance.admin('POST', '/users', { userName: 'other@harbour.test' }, headers)).body.code).toBe(
      'idempotency-key-reused',
    )
  })
})
