import { topics } from '@user-provisioning/contracts/topics'
import { type Operation, unchanged } from '../commands/command.ts'
import { type AccessTokenDocument, accessTokenRecord } from './access-token-document.ts'
import type { BootstrapAccess } from './bootstrap-request.ts'

const id = 'bootstrap-administrator'

/** The bootstrap administrator runs all instances and administers them: one token, replaced by the next start's. */
export const bootstrapAccess: Operation<BootstrapAccess> = {
  needs(_, want) {
    want.accessToken(id)
  },

  decide({ hash }, view) {
    const before = view.accessToken(id) ?? null
    if (before?.hash === hash) return unchanged(null)
    const after: AccessTokenDocument = {
      _id: id,
      hash,
      principal: { id, name: 'Bootstrap administrator' },
      grants: [
        { instanceId: null, role: 'admin' },
        { instanceId: null, role: 'operator' },
      ],
      expiresAt: null,
      version: (before?.version ?? 0) + 1,
    }
    return {
      effects: [{ kind: 'access-token', before, after }],
      announcements: [
        {
          kind: 'state',
          topic: topics.accessTokens,
          key: id,
          type: 'AccessTokenState',
          value: accessTokenRecord(after),
        },
      ],
      reply: null,
    }
  },
}
