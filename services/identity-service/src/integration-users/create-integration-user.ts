import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { adminReply } from '@user-provisioning/contracts/reply'
import { operation } from '../commands/command.ts'
import { createdIn } from '../instances/created-in.ts'
import { instanceFact } from '../instances/instance-fact.ts'
import { nativeUser } from '../users/native-user.ts'
import { requireFreeName } from '../users/user-name.ts'
import { presentIntegrationUser } from './integration-user-presenter.ts'

const readBody = adminRoutes.createIntegrationUser.body

/** An account on whose behalf API keys act: a protected native user with a role. */
export const createIntegrationUser = operation('CreateIntegrationUser', {
  needs(message, want) {
    want.userName(createdIn(message).instanceId, readBody.parse(message.body).userName)
  },

  decide(message, view, ctx) {
    const { instanceId, entityId } = createdIn(message)
    const { userName, role } = readBody.parse(message.body)
    requireFreeName(instanceId, entityId, userName, view)
    const user = nativeUser({ instanceId, id: entityId, userName }, { role }, ctx.now)
    const changes = [
      { kind: 'admin' as const, path: 'userName', old: null, new: userName },
      { kind: 'admin' as const, path: 'role', old: null, new: role },
    ]
    return {
      effects: [{ kind: 'user', before: null, after: user }],
      announcements: [instanceFact('IntegrationUserAppointed', { instanceId, subject: entityId, changes }, ctx)],
      reply: adminReply(presentIntegrationUser(user)),
    }
  },
})
