import { connect } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'

/** Whether a broker serves at `brokers` (comma list of host:port): it answers the protocol, not only the port. */
export async function answersAsBroker(brokers: string): Promise<boolean> {
  const list = brokers.split(',')
  if (!(await Promise.all(list.map(acceptsConnections))).includes(true)) return false
  const kafka = new Kafka({
    brokers: list,
    clientId: 'devstack',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return (await admin.describeCluster()).brokers.length > 0
  } catch {
    return false
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

function acceptsConnections(address: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const at = address.lastIndexOf(':')
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), timeout: 2_000 })
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  socket.once('timeout', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
