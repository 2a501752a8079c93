import { setTimeout as delay } from 'node:timers/promises'
import { createApiKeyVerifier, signApiKey } from '@user-provisioning/auth/api-key'
import { cursorSigner } from '@user-provisioning/auth/cursor'
import { readSigningKeys, type SigningKeys } from '@user-provisioning/auth/signing-key'
import { newId } from '@user-provisioning/contracts/ids'
import { accepted } from '@user-provisioning/contracts/reply'
import { topics } from '@user-provisioning/contracts/topics'
import { listen } from '@user-provisioning/http/listen'
import { openMessaging } from '@user-provisioning/messaging/messaging'
import type { Requester } from '@user-provisioning/messaging/requester'
import type { RunContext, Started } from '@user-provisioning/runtime/lifecycle'
import { tokensByHash } from './admin/access-tokens.ts'
import { adminApp } from './admin/admin-app.ts'
import type { AdminDependencies } from './admin/admin-router.ts'
import { heldOpen } from './admin/held-open.ts'
import type { Config } from './config.ts'
import { identityOver, traceHeaders, unexpected } from './connector/identity.ts'
import { keyRing } from './connector/key-ring.ts'
import { scimApp } from './connector/scim-app.ts'
import { tenantUrl } from './connector/tenant-url.ts'
import { noteAdminAnswer, noteScimAnswer } from './telemetry.ts'

/** scim-ingress: the doors for IdPs and admins. It checks who asks and the shape, asks the owner, presents the answer. */
export async function startService({ config, log, stopping, health }: RunContext<Config>): Promise<Started> {
  await using starting = new AsyncDisposableStack()

  const messaging = starting.use(
    await openMessaging({ brokers: config.KAFKA_BROKERS, service: 'scim-ingress', replica: config.REPLICA_ID, log }),
  )
  await messaging.ensureTopics(Object.values(topics).filter(({ writer }) => writer === 'scim-ingress'))
  const [requester, instances, apiKeys, announcedKeys, accessTokens, ownKeys] = await Promise.all([
    messaging.openRequester(),
    messaging.openState(topics.instances),
    messaging.openState(topics.apiKeys),
    messaging.openState(topics.signingKeys),
    messaging.openState(topics.accessTokens),
    readSigningKeys(config.SIGNING_KEYS_DIR),
  ])
  // What identity-service has announced it has: such a start waits for nobody.
  if (!announcedKeys.get(ownKeys.current.kid)) await registerSigningKey(requester, ownKeys, { stopping, log })

  const verifier = createApiKeyVerifier({ keyOf: keyRing(ownKeys.byKid, (kid) => announcedKeys.get(kid)) })
  const scim = scimApp({
    identity: identityOver(requester),
    cursors: cursorSigner(ownKeys, 'scim'),
    credentials: {
      verify: (token) => verifier.verify(token),
      apiKey: (id) => apiKeys.get(id),
      instance: (id) => instances.get(id),
    },
    publicUrl: config.PUBLIC_URL,
    log,
    onAnswered(entry) {
      noteScimAnswer(entry)
      messaging.outbox
        .send(topics.ingressFacts, { key: entry.instanceId, type: entry.type, id: entry.id, value: entry })
        .catch((err: unknown) => log.warn({ err, correlationId: entry.id }, 'A log entry could not be sent'))
    },
  })
  const admin = adminApp({
    log,
    tokenOf: tokensByHash(accessTokens),
    onAnswered: noteAdminAnswer,
    ask: askOwner(requester),
    cursors: cursorSigner(ownKeys, 'admin'),
    heldOpen: heldOpen(),
    stopping,
    additions: {
      tenantUrlOf: (instanceId) => tenantUrl(config.PUBLIC_URL, instanceId),
      signSecret: ({ id, instanceId, expiresAt }) =>
        signApiKey({ ...ownKeys.current, instanceId, keyId: id, expiresAt: new Date(expiresAt) }),
    },
  })

  const shared = { host: config.HOST, reusePort: true, maxConnections: config.MAX_CONNECTIONS }
  const scimListener = starting.use(
    await listen(scim, { ...shared, port: config.SCIM_PORT, purpose: 'SCIM listener', form: 'scim' }),
  )
  const adminListener = starting.use(
    await listen(admin, {
      ...shared,
      port: config.ADMIN_PORT,
      purpose: 'admin listener',
      form: 'problem',
      // A file of rows takes its time; what reads any other body has a limit of its own.
      requestTimeoutMs: 900_000,
    }),
  )
  health.progress('replies', () => requester.progressAt(), 60_000)
  health.status(async () => ({ ...messaging.health(), waiting: requester.waiting() }))

  const running = starting.move()
  return {
    ports: { scim: scimListener.port, admin: adminListener.port },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Tells identity-service the public half of the key that this replica signs with, before it signs anything. */
async function registerSigningKey(
  requester: Requester,
  keys: SigningKeys,
  { stopping, log }: Pick<RunContext<Config>, 'stopping' | 'log'>,
): Promise<void> {
  const { kid, publicKeyPem } = keys.current
  for (;;) {
    stopping.throwIfAborted()
    const requestId = newId()
    const deadlineAt = Date.now() + 10_000
    try {
      accepted(
        await requester.ask(topics.identityRequests, {
          key: kid,
          type: 'RegisterSigningKey',
          requestId,
          deadlineAt,
          value: {
            type: 'RegisterSigningKey',
            requestId,
            at: new Date().toISOString(),
            deadlineAt: new Date(deadlineAt).toISOString(),
            key: { kid, purpose: 'api-keys', publicKeyPem },
          },
        }),
      )
      return
    } catch (err) {
      log.debug({ err }, 'identity-service has not registered the signing key yet; trying again')
      await delay(200, undefined, { signal: stopping })
    }
  }
}

function askOwner(requester: Requester): AdminDependencies['ask'] {
  return async ({ topic, key, value }, deadlineAt, traceParent) => {
    const { type, requestId } = value
    const headers = traceHeaders(traceParent)
    const reply = accepted(await requester.ask(topic, { key, type, value, requestId, deadlineAt, headers }))
    if (reply.outcome !== 'admin') throw unexpected(reply)
    return { result: reply.result, replayed: reply.replayed ?? false }
  }
}
