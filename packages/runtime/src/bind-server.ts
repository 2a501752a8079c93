import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartRefusal } from './start-refusal.ts'

/**
 * Makes a server listen and gives the port that it got.
 * @param options.reusePort lets several processes share the port, each with connections of its own
 * @throws StartRefusal in one sentence: port in use, address not of this machine, port not allowed
 */
export async function bindServer(
  server: Server,
  options: { port: number; host: string; reusePort?: boolean; purpose: string },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ port: options.port, host: options.host, reusePort: options.reusePort ?? false }, resolve)
  try {
    await promise
  } catch (err) {
    throw refusal(err, options)
  } finally {
    server.off('error', reject)
  }
  return (server.address() as AddressInfo).port
}

function refusal(err: unknown, { port, host, purpose }: { port: number; host: string; purpose: string }): unknown {
  const code = (err as NodeJS.ErrnoException).code
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  switch (code) {
    case 'EADDRINUSE':
      return new StartRefusal(`The ${purpose} cannot listen on ${address}: the port is in use. Choose another one.`)
    case 'EACCES':
      return new StartRefusal(`The ${purpose} may not listen on ${address}: choose a port above 1023.`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartRefusal(`The ${purpose} cannot listen on ${address}: this machine does not have that address.`)
    default:
      return err
  }
}
