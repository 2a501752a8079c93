import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import kafkajs from 'kafkajs'
import mongoose from 'mongoose'
import { expect, inject, test } from 'vitest'
import { entraUser, http, patch, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { until } from '../harness/until.ts'

/** Requirement 6.3: passwords and tokens never reach a log, an event, a metric or the history. */

const password = 'Tide-9-Harbour-Lantern'

test('a password and tokens, sent in every place, are found in no topic, no collection and no log', async () => {
  const instance = await platform.instance()
  const { admin } = platform.connection()
  const { secretToken: token } = instance
  const foreign = `${token.slice(0, -8)}AAAAAAAA`
  const created = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test'), { password }))
  expect(created.status).toBe(201)
  expect(JSON.stringify(created.body)).not.toContain(password)
  const user = `/Users/${created.body.id}`

  const answers = [
    instance.scim('PUT', user, entraUser(instance.unique('nora@harbour.test'), { password, PASSWORD: password })),
    instance.scim('PUT', user, { ...entraUser(instance.unique('nora@harbour.test')), [schemas.user]: { password } }),
    instance.scim('PATCH', user, patch({ op: 'Replace', path: 'password', value: password })),
    instance.scim('PATCH', user, patch({ op: 'add', value: { password, [`${schemas.user}:password`]: password } })),
    instance.scim('PATCH', user, patch({ op: 'replace', path: `password[value eq "${password}"]`, value: password })),
    instance.scim('PATCH', user, patch({ op: 'replace', path: `password.${password}`, value: password })),
    instance.scim('PATCH', user, patch({ op: 'replace', path: 'displayName', value: token })),
    instance.scim('PATCH', user, patch({ op: 'replace', path: `emails[type eq "${foreign}"].nothing`, value: 1 })),
    instance.scim('POST', '/Users', { userName: token }),
    instance.scim('POST', '/Users', { userName: '', title: token, [token]: token }),
    instance.scim('POST', '/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [{ method: 'PATCH', path: user, data: patch({ op: 'add', path: 'password', value: password }) }],
    }),
    instance.scim('GET', `/Users?filter=${encodeURIComponent(`password eq "${password}"`)}`),
    instance.scim('POST', '/Users/.search', { filter: `password sw "${password}"` }),
    instance.scim('POST', '/Users/.search', { filter: `userName eq "${token}"` }),
    instance.scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${token}"`)}`),
    instance.scim('GET', `/Users?access_token=${token}&password=${password}`),
    instance.scim('GET', `/Users/${token}`),
    instance.scim('GET', `/${admin.token}/x`),
    instance.scim('GET', user, undefined, { 'X-Request-Id': admin.token, Cookie: `session=${password}` }),
    instance.scim('GET', user, undefined, { 'If-None-Match': `"${admin.token}"`, 'User-Agent': admin.token }),
    instance.scim('DELETE', user, undefined, { 'If-Match': `"${admin.token}"` }),
    http(`${instance.tenantUrl}/Users`, { headers: { authorization: `Bearer ${foreign}` } }),
    http(`${instance.tenantUrl}/Users`, { headers: { authorization: `Basic ${password}` } }),
    http(`${admin.url}/admin/v1/instances?token=${admin.token}`, {
      headers: { authorization: `Bearer ${admin.token}` },
    }),
    instance.admin('POST', '/users', { userName: instance.unique('ola@harbour.test'), password }),
    instance.admin('POST', '/objects', { type: 'job-title', name: admin.token }),
  ]
  for (const { status, body } of await Promise.all(answers)) {
    expect(status).toBeLessThan(500)
    for (const secret of [password, token, admin.token]) expect(JSON.stringify(body ?? '')).not.toContain(secret)
  }
  await platform.settled()

  const secrets = { password, token, foreign, adminToken: admin.token }
  expect(await foundInTopics(secrets)).toEqual([])
  expect(await foundInCollections(secrets)).toEqual([])
  expect(await foundInLogs(secrets)).toEqual([])
})

type Secrets = Readonly<Record<string, string>>

function found(where: string, text: string, secrets: Secrets): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => (text.includes(secret) ? [`${name} in ${where}`] : []))
}

/** Reads every topic from its first message to the last one that it has now. */
async function foundInTopics(secrets: Secrets): Promise<string[]> {
  const { kafkaBrokers } = platform.connection().stores
  const kafka = new kafkajs.Kafka({ brokers: kafkaBrokers.split(','), logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  const consumer = kafka.consumer({ groupId: `secrets-${crypto.randomUUID()}` })
  const hits = new Set<string>()
  const left = new Map<string, bigint>()
  let read = 0
  await admin.connect()
  const names = (await admin.listTopics()).filter((name) => !name.startsWith('__'))
  for (const name of names) {
    for (const { partition, high, low } of await admin.fetchTopicOffsets(name)) {
      if (BigInt(high) > BigInt(low)) left.set(`${name} ${partition}`, BigInt(high) - 1n)
    }
  }
  await consumer.connect()
  await consumer.subscribe({ topics: names, fromBeginning: true })
  await consumer.run({
    // Without a trace: a group that committed and is gone would count as work in flight.
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const { topic, partition, messages } = batch
      for (const { key, value, headers } of messages) {
        read++
        const text = `${key} ${value} ${Object.values(headers ?? {}).join(' ')}`
        for (const hit of found(topic, text, secrets)) hits.add(hit)
      }
      const place = `${topic} ${partition}`
      if ((left.get(place) ?? -1n) <= BigInt(batch.lastOffset())) left.delete(place)
    },
  })
  await until('every topic is read to its end', async () => (left.size === 0 ? true : undefined), 60_000).catch(
    (err: Error) => {
      throw new Error(`${err.message}; left: ${[...left.keys()].slice(0, 5)} of ${left.size}, ${read} read`)
    },
  )
  await Promise.all([consumer.disconnect(), admin.disconnect()])
  expect(read).toBeGreaterThan(10)
  return [...hits]
}

async function foundInCollections(secrets: Secrets): Promise<string[]> {
  const connection = await mongoose.createConnection(platform.connection().stores.mongodbUri).asPromise()
  const hits = new Set<string>()
  const { databases } = await connection.getClient().db().admin().listDatabases()
  for (const { name } of databases.filter((database) => !['admin', 'config', 'local'].includes(database.name))) {
    const database = connection.useDb(name)
    for (const collection of await database.listCollections()) {
      for await (const document of database.collection(collection.name).find()) {
        for (const hit of found(`${name}.${collection.name}`, JSON.stringify(document), secrets)) hits.add(hit)
      }
    }
  }
  await connection.close()
  return [...hits]
}

async function foundInLogs(secrets: Secrets): Promise<string[]> {
  const folder = join(dirname(inject('connectionFile')), 'data', 'logs')
  const files = await readdir(folder)
  expect(files.length).toBeGreaterThanOrEqual(5)
  const texts = await Promise.all(
    files.map(async (file) => found(file, await readFile(join(folder, file), 'utf8'), secrets)),
  )
  return texts.flat()
}
