import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Body } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'
import { startSpoilingProxy } from '../harness/spoiling-proxy.ts'
import { confidences, parseExchange, parseRecording } from '../recorded/exchange.ts'
import { replay } from '../recorded/replay.ts'

const recorded = join(import.meta.dirname, '..', 'recorded')
const guides = join(import.meta.dirname, '..', '..', 'docs', 'guides')

const folders = readdirSync(recorded, { withFileTypes: true }).filter((entry) => entry.isDirectory())
const recordings = (idp: string) =>
  readdirSync(join(recorded, idp)).map((file) => ({
    file,
    ...parseRecording(readFileSync(join(recorded, idp, file), 'utf8')),
  }))

describe.for(folders.map(({ name }) => name))('recorded traffic of %s is answered as its contract says', (idp) => {
  test.for(recordings(idp))('$file: $title ($confidence)', async ({ confidence, exchanges }) => {
    expect(confidences).toContain(confidence)
    expect(exchanges.length).toBeGreaterThan(0)
    await replay(exchanges, await platform.instance())
  })
})

/** The requests that a guide shows, in order. */
function exchangesIn(guide: string) {
  const text = readFileSync(join(guides, guide), 'utf8')
  return [...text.matchAll(/^```http\n([\s\S]*?)^```$/gm)].map((match, index) =>
    parseExchange(`${guide} ${index + 1}`, match[1] ?? ''),
  )
}

test.for(['entra-id.md', 'okta.md'])('the requests in docs/guides/%s are answered as it says', async (guide) => {
  const exchanges = exchangesIn(guide)
  expect(exchanges.length).toBeGreaterThan(2)
  await replay(exchanges, await platform.instance())
})

test('a replay tells when an answer lacks an attribute', async () => {
  const { tenantUrl, secretToken } = await platform.instance()
  await using proxy = await startSpoilingProxy(tenantUrl, ({ displayName: _, ...rest }: Body) => rest)
  const create = recordings('entra-id').find(({ file }) => file === '02-create-user.http')
  const replayed = replay(create?.exchanges ?? [], { tenantUrl: proxy.tenantUrl, secretToken })
  await expect(replayed).rejects.toThrow('displayName')
})
