import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Body } from './instance.ts'

export interface SpoilingProxy extends AsyncDisposable {
  /** The Tenant URL through the proxy. */
  readonly tenantUrl: string
}

/**
 * Stands before a SCIM endpoint as a product with a defect would: every resource that it answers goes through `spoil` first.
 * Proves that a check sees what it is there to see.
 */
export async function startSpoilingProxy(tenantUrl: string, spoil: (resource: Body) => Body): Promise<SpoilingProxy> {
  const { origin, pathname } = new URL(tenantUrl)
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const forwarded = request(new URL(origin), { method, path: url, headers }, async (answer) => {
      const body = await text(answer)
      const { 'content-length': _, ...rest } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, rest)
      outgoing.end(body === '' ? undefined : JSON.stringify(spoiled(JSON.parse(body), spoil)))
    })
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    tenantUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    async [Symbol.asyncDispose]() {
      await new Promise((closed) => server.close(closed))
    },
  }
}

function spoiled(body: Body, spoil: (resource: Body) => Body): Body {
  if (Array.isArray(body.Resources)) return { ...body, Resources: body.Resources.map(spoil) }
  return body.id === undefined ? body : spoil(body)
}
