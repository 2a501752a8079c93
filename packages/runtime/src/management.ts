import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { bindServer } from './bind-server.ts'
import type { HealthBook, Verdict } from './health.ts'
import type { Logger } from './logging.ts'
import { metricsText } from './telemetry.ts'

export interface Management extends AsyncDisposable {
  readonly port: number
}

/**
 * Serves a process' own port: /livez (its loops move; never asks a dependency), /startupz, /readyz, /metrics
 * (Prometheus text) and /status (JSON).
 * @throws StartRefusal when the port cannot be had
 */
export async function serveManagement(options: {
  host: string
  port: number
  health: HealthBook
  log: Logger
}): Promise<Management> {
  const { health, log } = options
  const server = createServer((req, res) => {
    answer(req, res, health).catch((err: unknown) => {
      log.warn({ err, url: req.url }, 'The management port could not answer')
      if (res.headersSent) res.destroy()
      else sendJson(res, 500, { error: 'The answer could not be made; see the log.' })
    })
  })
  const port = await bindServer(server, { host: options.host, port: options.port, purpose: 'management port' })
  return { port, [Symbol.asyncDispose]: () => closeServer(server) }
}

async function answer(req: IncomingMessage, res: ServerResponse, health: HealthBook): Promise<void> {
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.setHeader('allow', 'GET, HEAD')
    return sendJson(res, 405, { error: 'Only GET is possible here.' })
  }
  switch ((req.url ?? '').split('?', 1)[0]) {
    case '/livez':
      return sendVerdict(res, health.live())
    case '/startupz':
      return sendVerdict(res, health.startup())
    case '/readyz':
      return sendVerdict(res, await health.readiness())
    case '/metrics':
      return send(res, 200, 'text/plain; version=0.0.4; charset=utf-8', await metricsText())
    case '/status':
      return sendJson(res, 200, await health.readStatus())
    default:
      return sendJson(res, 404, { error: 'Here are /livez, /readyz, /startupz, /metrics and /status.' })
  }
}

function sendVerdict(res: ServerResponse, { ok, faults }: Verdict): void {
  sendJson(res, ok ? 200 : 503, ok ? { ok } : { ok, faults })
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  send(res, status, 'application/json', JSON.stringify(body))
}

function send(res: ServerResponse, status: number, type: string, body: string): void {
  res.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  res.end(body)
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}
