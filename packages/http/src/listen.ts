import { createServer, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { bindServer } from '@user-provisioning/runtime/bind-server'
import type Koa from 'koa'
import { forms } from './app.ts'
import { headerLimitBytes, headersTimeoutMs, refuseMalformed, requestTimeoutMs } from './malformed-request.ts'

export interface Listener extends AsyncDisposable {
  readonly port: number
  /** Takes no new connections, lets the requests that are under way end, and closes what is left after `graceMs`. */
  close(): Promise<void>
}

export interface ListenOptions {
  /** 0 lets the operating system choose. */
  readonly port: number
  readonly host: string
  /** Several processes share the port (replicas on one machine). */
  readonly reusePort?: boolean
  /** What listens, for the sentence when it cannot: "SCIM listener". */
  readonly purpose?: string
  /** How long requests under way may take at a stop. */
  readonly graceMs?: number
  /** In which form a request is refused that cannot be read at all; as the app's. */
  readonly form?: keyof typeof forms
  /** How long a request may take to come in, its body included; 30 s by default. */
  readonly requestTimeoutMs?: number
  /** Connections at once; more are closed as they come. */
  readonly maxConnections?: number
}

/**
 * Serves an app on a port.
 * @throws StartRefusal in one sentence when the port cannot be had
 */
export async function listen<State>(app: Koa<State> | RequestListener, options: ListenOptions): Promise<Listener> {
  const handle: RequestListener = typeof app === 'function' ? app : app.callback()
  const server = createServer(
    {
      // Above the 60 s of common load balancers, so that it is they who close an idle connection.
      keepAliveTimeout: 65_000,
      headersTimeout: headersTimeoutMs,
      requestTimeout: options.requestTimeoutMs ?? requestTimeoutMs,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: headerLimitBytes,
      // The app says so itself, in its form.
      requireHostHeader: false,
    },
    handle,
  )
  // A client that does not read its answer; what is in work is answered by its deadline of 20 s.
  server.timeout = 60_000
  // Not in Node's documentation: without it a client that closes its side behind its request is cut off before the answer.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.maxConnections = options.maxConnections ?? 10_000
  server.on('drop', () => server.closeIdleConnections())
  refuseMalformed(server, forms[options.form ?? 'problem'])
  // The body's reader says "100 Continue" once it knows that it wants the body.
  server.on('checkContinue', handle)
  // Another expectation is none of ours to meet, and need not be refused (RFC 9110 section 10.1.1).
  server.on('checkExpectation', handle)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const port = await bindServer(server, { ...options, purpose: options.purpose ?? 'listener' })
  let closing: Promise<void> | undefined

  const close = async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    // Node counts a connection as idle only after its first request: one that was opened ahead would hold the stop.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    const idle = setInterval(() => server.closeIdleConnections(), 20)
    const late = setTimeout(() => server.closeAllConnections(), options.graceMs ?? 5_000)
    await promise
    clearInterval(idle)
    clearTimeout(late)
  }
  const closeOnce = () => {
    closing ??= close()
    return closing
  }
  return { port, close: closeOnce, [Symbol.asyncDispose]: closeOnce }
}
