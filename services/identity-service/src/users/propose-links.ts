import type { Change } from '@user-provisioning/contracts/actor'
import type { Link } from '@user-provisioning/contracts/images'
import type { ProposeLinks } from '@user-provisioning/contracts/proposals'
import { operation, unchanged } from '../commands/command.ts'
import { allowedLinks, followGroupLinks, isGroupLink } from '../memberships/group-links.ts'
import { userFact } from './user-change.ts'
import type { UserDocument } from './user-document.ts'

/**
 * All the links that the rules hold for one version of a user's fields: those that are not among them go. Applied while
 * that version is the current one and nothing newer has been applied; else dropped, like fields. A link to a native group is a
 * membership of it.
 */
export const proposeLinks = operation('ProposeLinks', {
  needs({ instanceId, userId, links }, want) {
    want.user(instanceId, userId)
    want.linkedGroups(instanceId, userId)
    for (const { objectId } of links.filter(isGroupLink)) {
      want.group(instanceId, objectId)
      want.membership(instanceId, objectId, userId)
    }
  },

  decide(proposal, view, ctx) {
    const before = view.user(proposal.instanceId, proposal.userId)
    if (before === undefined || !isCurrent(before, proposal)) return unchanged(null)
    const { rulesVersion, linksRevision = before.linksRevision ?? 0 } = proposal
    const allowed = allowedLinks(proposal.links, proposal.instanceId, view)
    const links = allowed.links.map((link): Link => {
      const held = before.links.find((item) => keyOf(item) === keyOf(link) && item.objectName === link.objectName)
      return held ?? { ...link, rulesVersion }
    })
    const applied = { ...before, rulesVersion, linksRevision }
    const changes = linkChanges(before.links, links)
    if (changes.length === 0) {
      const isKnown = before.rulesVersion === rulesVersion && (before.linksRevision ?? 0) === linksRevision
      if (isKnown) return unchanged(null)
      return { effects: [{ kind: 'user', before, after: applied }], announcements: [], reply: null }
    }
    const after: UserDocument = { ...applied, links, version: before.version + 1, changedAt: ctx.now }
    const origin = { cause: 'proposal', correlationId: proposal.correlationId } as const
    const warnings = [...proposal.warnings, ...allowed.warnings]
    const groups = followGroupLinks(before, links, view, ctx, origin)
    return {
      effects: [{ kind: 'user', before, after }, ...groups.effects],
      announcements: [userFact('LinksChanged', { after, changes, warnings }, ctx, origin), ...groups.announcements],
      reply: null,
    }
  },
})

function isCurrent(user: UserDocument, proposal: ProposeLinks): boolean {
  const { fieldsVersion, rulesVersion, linksRevision } = proposal
  return (
    user.state !== 'deleted' &&
    user.fieldsVersion === fieldsVersion &&
    rulesVersion >= user.rulesVersion &&
    // A service of the version before counts no revisions.
    (linksRevision === undefined || linksRevision > (user.linksRevision ?? 0))
  )
}

type Linked = Pick<Link, 'ruleId' | 'objectType' | 'objectId' | 'objectName'>

function keyOf({ ruleId, objectType, objectId }: Linked): string {
  return `${ruleId}\n${objectType}\n${objectId}`
}

/** One change per rule and object type: from the objects that it linked to those that it links. */
function linkChanges(before: readonly Link[], after: readonly Link[]): Change[] {
  const groups = Map.groupBy([...before, ...after], ({ ruleId, objectType }) => `${ruleId}\n${objectType}`)
  return [...groups.values()].flatMap((links): Change[] => {
    const [any] = links
    if (any === undefined) return []
    const ofRule = (link: Link) => link.ruleId === any.ruleId && link.objectType === any.objectType
    const old = before.filter(ofRule)
    const now = after.filter(ofRule)
    const same = old.length === now.length && now.every((link) => old.some((held) => sameLink(held, link)))
    return same ? [] : [{ kind: 'link', path: any.objectType, old: linkedObjects(old), new: linkedObjects(now) }]
  })
}

function sameLink(one: Link, other: Link): boolean {
  return keyOf(one) === keyOf(other) && one.objectName === other.objectName
}

/** One object as itself, several as a list, none as null. */
function linkedObjects(links: readonly Link[]): Change['old'] {
  const objects = links.map(({ objectId, objectName, ruleId }) => ({ objectId, objectName, ruleId }))
  return objects.length > 1 ? objects : (objects[0] ?? null)
}
