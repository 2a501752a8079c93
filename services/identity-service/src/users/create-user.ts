import { adminRoutes } from '@user-provisioning/contracts/admin/routes'
import { adminReply } from '@user-provisioning/contracts/reply'
import { operation } from '../commands/command.ts'
import { createdIn } from '../instances/created-in.ts'
import { birthChanges, nativeUser } from './native-user.ts'
import { userFact } from './user-change.ts'
import { requireFreeName } from './user-name.ts'
import { presentUser } from './user-presenter.ts'

const readBody = adminRoutes.createUser.body

/** An admin's create: a native user. */
export const createUser = operation('CreateUser', {
  needs(message, want) {
    const { instanceId } = createdIn(message)
    want.userName(instanceId, readBody.parse(message.body).userName)
  },

  decide(message, view, ctx) {
    const { instanceId, entityId } = createdIn(message)
    const { userName, fields } = readBody.parse(message.body)
    requireFreeName(instanceId, entityId, userName, view)
    const user = nativeUser({ instanceId, id: entityId, userName }, { fields }, ctx.now)
    return {
      effects: [{ kind: 'user', before: null, after: user }],
      announcements: [userFact('UserCreated', { after: user, changes: birthChanges(user), warnings: [] }, ctx)],
      reply: adminReply(presentUser(user)),
    }
  },
})
