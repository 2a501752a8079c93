import { type Directory, jobTitles, objectIdFrom, type Person, seededRandom } from './directory.ts'

/**
 * What a few days do to a company: new titles and names, a renamed account, another manager, a cleared nickname, a new role,
 * people who are disabled, teams that are renamed and change members.
 */
export function changeSome(directory: Directory, seed: number): void {
  const random = seededRandom(seed)
  const { people, teams } = directory
  for (const [index, person] of people.entries()) {
    if (index % 5 === 0) {
      person.jobTitle = jobTitles[Math.floor(random() * jobTitles.length)] ?? 'Engineer'
      person.surname = `${person.surname}-Lind`
      person.mobile = `+47 33 ${index}`
      person.department = 'Moved'
    }
    if (index % 7 === 2) person.userName = `renamed.${person.userName}`
    if (index % 8 === 0) person.nickName = undefined
    if (index % 9 === 4) person.managerId = people[0]?.objectId
    if (index % 10 === 3) person.enabled = false
    if (index % 11 === 5) person.otherMail = `new.${index}@home.test`
    if (index % 13 === 6) person.roles.push({ id: objectIdFrom(random), value: 'Owner', displayName: 'Owner (app)' })
  }
  for (const [index, team] of teams.entries()) {
    if (index % 3 === 1) team.displayName = `${team.displayName} (renamed)`
    for (const [place, member] of [...team.members].entries()) if (place % 4 === 0) team.members.delete(member)
    for (let added = 0; added < 2; added++) {
      const person = people[Math.floor(random() * people.length)]
      if (person) team.members.add(person.objectId)
    }
  }
}

/**
 * The days after: half of the disabled return, some people leave for good (their reports get the first person as manager),
 * half of their user names go to somebody new, the last of several teams is closed.
 */
export function leaveAndReturn(directory: Directory, seed: number): void {
  const random = seededRandom(seed + 1)
  const { people, teams } = directory
  for (const [index, person] of people.filter(({ enabled }) => !enabled).entries()) person.enabled = index % 2 === 0
  const leavers = people.filter((_, index) => index % 20 === 7)
  for (const [index, leaver] of leavers.entries()) {
    const joiner: Person[] = index % 2 === 0 ? [{ ...leaver, objectId: objectIdFrom(random), enabled: true }] : []
    people.splice(people.indexOf(leaver), 1, ...joiner)
    for (const person of people) if (person.managerId === leaver.objectId) person.managerId = people[0]?.objectId
    for (const team of teams) team.members.delete(leaver.objectId)
  }
  if (teams.length > 2) teams.pop()
}
