/**
 * The rules of proof that the model keeps, each by a name, with the sentence that says it. A search may break one of them on
 * purpose: what it then finds is what that sentence is there for.
 *
 * Not in the model: a site's identity tokens, merges that are undone, how many codes and mails a day, what a mail may carry
 * of a visitor's words, what an agent writes in spite of a warning. Without a consequence in it, so not among the rules: that
 * a warning also ends after 30 minutes and when the address changes (a visitor's next message is then only asked about once
 * more), that a stranger's mail with ids of ours and no token gets a conversation of its own (it would be for agents in
 * either), that a link's code goes to its mail's address alone (nothing else is there to be seen), and that a form's person
 * is not reachable (its mails are nobody's).
 */
export const RULES = {
  // Levels
  levelIsTheSessions: "a level belongs to a pair (session, address), never to a conversation or a contact",
  oneAddressAtATime: "a session is confirmed for at most one address at a time",
  secretNeedsItsToken: "a secret without that session's token confirms nothing and changes nothing",
  secretIsOfItsSession: "a secret with another session's token confirms nothing and changes nothing",
  levelCountsFromFirstUse: "the level counts for anything when the new token is first used",
  oldTokenEnds: "the old token ends when the new one is first used",
  oldTokenLastsUntilUse: "and not before the new one is used",
  mailProvesNoSession: "a mail with our token says nothing of any session",
  automaticProvesNothing: "automatic mail proves nothing",
  blockedIsRefused: "blocking refuses a session",
  // For whom
  audienceIsNamed: "whom a message is for is stored by name, never whoever is in the conversation",
  chatIsForItsSession: "chat is for that beginner by id",
  chatIsForWhatIsConfirmed: "and for the address that it is confirmed for then, not for one that it typed",
  confirmedChatNamesItsSession: "for both, so that the beginner keeps it when its level ends",
  toldNamesItsBeginner: "a chat reply names which beginner it is for",
  mailIsForItsAuthor: "a mail is for its author's address where that is the conversation's, else for agents",
  replyIsForItsAddresses: "a reply by mail is for the addresses that it went to, and for nobody else",
  wideningIsForTheSameAddress: "confirmed for the same address as before, or for the first time",
  wideningLooksAtTheLastOne: "as before means the one that it was confirmed for last, not any that it ever was",
  wideningStopsAtAnother:
    "and only what came since it was confirmed for another one: else a second code widens what the first may not",
  wideningWaitsForUse: "it widens when the new token is first used, as the level counts",
  wideningIsOfItsOwn: "what was for it in that conversation, nothing else",
  addressWidensNothing: "no later change of the address widens anything",
  moveWidensNothing: "no move widens anything",
  mergeWidensNothing: "no merge widens anything",
  linkShowsItsMail: "the link alone shows the one mail that it came in",
  // Where answers go
  mailedAddressStays: "an address that we have mailed is replaced only by an agent's click",
  writtenAddressStays: "an address that has mailed us is replaced only by an agent's click",
  movedMailsCount: "moved and merged messages included",
  joinedAddressStays: "and any address of a conversation into which another was merged",
  confirmingReplacesNothing: "confirming does not replace it",
  bounceFreesOnlyTheUnused: "no click where all bounced, none ever came from it, and no other conversation has or had it",
  mergedHasNoAddress: "a session that came by a merge never changes the address",
  strangersMailReplacesNothing: "replies do not go to another person until an agent agrees",
  replyCarriesWhatWasSeen: "a reply carries the addresses that its agent saw, else it is refused",
  recipientsAreStored: "recipients are stored with the reply, never looked up when it leaves",
  changedAddressStops: "where the conversation's address has changed since, it does not leave",
  retryKeepsRecipients: "tried again alike",
  unseenGoesToItsGiver: "an unseen chat reply goes to the address that the beginner whom it names gave",
  typedGetsOneUnseen: "unseen replies are mailed once while the address is only typed",
  unseenIsCountedAsItLeaves: "counted when one leaves: two that wait, one taken back and tried again, are two",
  // The composer
  chatIsWarned: "the first chat reply needs a click: write nothing here that was mailed",
  warningEndsWithMail: "it holds until another mail comes in",
  warningEndsWithLevel: "and until what the session is confirmed for changes: other mails may be nobody's to write then",
  warningIsForOneSession: "it holds for that session",
  movedMailsWarn: "moved and merged mails too",
  linksAreWarned: "for the link's browser as for a beginner",
  // Usual places
  mailPlaceStays: "a typed address's chat is its place only where the address has no other conversation",
  twoChatsAreNoPlace: "two chats that typed one address: neither is its place",
  mergedAwayCounts: "conversations and sessions that were merged into others count among these",
  otherAddressEndsPlace: "a beginner that is confirmed for another address ends it",
  endedLevelKeepsPlace: "or was confirmed when its level ended",
  formIsNoPlace: "a form never is a place",
  laterSessionsMakeNoPlace: "sessions that come later (links, merges) change nothing in this",
  mergeKeepsPlace: "of two that are merged, the one that may be the usual place stays",
  // Transcripts
  transcriptIsForItsAddress: "a transcript to an address holds what is for that address",
  transcriptIsOfTheGiver: "and the chat of the beginner who gave it, of nobody else",
  giverIsTheOneWhoSaysItNow: "who gave it, and has not named another address since",
  copiesSeeWhatAllHave: "with anybody in Cc or Bcc only what all of them have",
  // What is told
  statusIsOfWhatItSees: "nothing that a message not for a session causes is told to it",
  lineIsConstant: "the widget's line is the same whether or not anything came back",
  lineNamesWhatWasGiven: "the line names the address that the session itself gave last",
  // Nobody loses the way
  answersJoinTheirThread: "an answer to our mail is in its thread, an unconfirmed chat's too",
  typedBlocksNobody: "what a visitor types never changes anybody's record",
} as const;

export type Rule = keyof typeof RULES;
export type Kept = Readonly<Record<Rule, boolean>>;

const NAMES = Object.keys(RULES) as Rule[];

export const ALL_KEPT: Kept = keepAllBut(null);

export function breaking(rule: Rule): Kept {
  return keepAllBut(rule);
}

function keepAllBut(broken: Rule | null): Kept {
  return Object.fromEntries(NAMES.map((name) => [name, name !== broken])) as Record<Rule, boolean>;
}
