/**
 * For each rule what goes wrong without it, and in how few steps. It is looked for from the first message on, six steps
 * far, where no scene is named. The steps of a scene count, but for those that the finding does not need.
 */
import type { Invariant } from "./invariants.ts";
import type { Rule } from "./rules.ts";
import type { SCENES } from "./scenes.ts";

interface Loss {
  invariant: Invariant;
  steps: number;
  scene?: keyof typeof SCENES;
}

const CHANGED_LEVEL = "A was confirmed for one address, then for the other, and says the first again";

export const LOSSES: Readonly<Record<Rule, Loss>> = {
  levelIsTheSessions: { invariant: "I1", steps: 5 },
  oneAddressAtATime: { invariant: "I1", steps: 10, scene: CHANGED_LEVEL },
  secretNeedsItsToken: { invariant: "I1", steps: 4 },
  secretIsOfItsSession: { invariant: "I1", steps: 6 },
  levelCountsFromFirstUse: { invariant: "I1", steps: 4 },
  oldTokenEnds: { invariant: "I1", steps: 5 },
  oldTokenLastsUntilUse: { invariant: "I4", steps: 3 },
  mailProvesNoSession: { invariant: "I1", steps: 4 },
  automaticProvesNothing: { invariant: "I7", steps: 8, scene: "what A was told went out by mail" },
  blockedIsRefused: { invariant: "I1", steps: 1 },
  audienceIsNamed: { invariant: "I1", steps: 6 },
  chatIsForItsSession: { invariant: "I1", steps: 2 },
  chatIsForWhatIsConfirmed: { invariant: "I5", steps: 6 },
  confirmedChatNamesItsSession: { invariant: "I4", steps: 6 },
  toldNamesItsBeginner: { invariant: "I1", steps: 2 },
  mailIsForItsAuthor: { invariant: "I1", steps: 6 },
  replyIsForItsAddresses: { invariant: "I1", steps: 3 },
  wideningIsForTheSameAddress: { invariant: "I5", steps: 11, scene: CHANGED_LEVEL },
  wideningLooksAtTheLastOne: {
    invariant: "I5",
    steps: 14,
    scene: "A was confirmed for one address, for the other, and for the first again",
  },
  wideningStopsAtAnother: { invariant: "I5", steps: 12, scene: "A was confirmed for one address, and twice for the other" },
  wideningWaitsForUse: {
    invariant: "I1",
    steps: 8,
    scene: "two beginners are in one conversation, and the one who came is confirmed",
  },
  wideningIsOfItsOwn: { invariant: "I1", steps: 5 },
  addressWidensNothing: { invariant: "I5", steps: 6 },
  moveWidensNothing: { invariant: "I5", steps: 5 },
  mergeWidensNothing: { invariant: "I5", steps: 4 },
  linkShowsItsMail: { invariant: "I1", steps: 4 },
  mailedAddressStays: { invariant: "I3", steps: 4 },
  writtenAddressStays: { invariant: "I3", steps: 3 },
  movedMailsCount: { invariant: "I3", steps: 4 },
  joinedAddressStays: { invariant: "I3", steps: 3 },
  confirmingReplacesNothing: { invariant: "I3", steps: 6 },
  bounceFreesOnlyTheUnused: { invariant: "I3", steps: 6 },
  mergedHasNoAddress: { invariant: "I3", steps: 2 },
  strangersMailReplacesNothing: { invariant: "I3", steps: 4 },
  replyCarriesWhatWasSeen: { invariant: "I3", steps: 4 },
  recipientsAreStored: { invariant: "I3", steps: 4 },
  changedAddressStops: { invariant: "I3", steps: 4 },
  retryKeepsRecipients: { invariant: "I3", steps: 6 },
  unseenGoesToItsGiver: { invariant: "I3", steps: 5 },
  typedGetsOneUnseen: { invariant: "I7", steps: 7, scene: "what A was told went out by mail" },
  unseenIsCountedAsItLeaves: {
    invariant: "I7",
    steps: 8,
    scene: "two mails of unseen replies were written, and one was taken back",
  },
  chatIsWarned: { invariant: "I1", steps: 3 },
  warningEndsWithMail: { invariant: "I1", steps: 5 },
  warningEndsWithLevel: { invariant: "I1", steps: 10, scene: "A is confirmed, and a stranger's mail is there too" },
  warningIsForOneSession: { invariant: "I1", steps: 5 },
  movedMailsWarn: { invariant: "I1", steps: 3 },
  linksAreWarned: { invariant: "I1", steps: 5 },
  mailPlaceStays: { invariant: "I2", steps: 3 },
  twoChatsAreNoPlace: { invariant: "I2", steps: 3 },
  mergedAwayCounts: { invariant: "I2", steps: 5 },
  otherAddressEndsPlace: { invariant: "I2", steps: 6 },
  endedLevelKeepsPlace: { invariant: "I2", steps: 7, scene: "A is confirmed and has its mails" },
  formIsNoPlace: { invariant: "I2", steps: 2 },
  laterSessionsMakeNoPlace: {
    invariant: "I2",
    steps: 8,
    scene: "two beginners are in one conversation, and the one who came is confirmed",
  },
  mergeKeepsPlace: { invariant: "I2", steps: 2 },
  transcriptIsForItsAddress: { invariant: "I5", steps: 3 },
  transcriptIsOfTheGiver: { invariant: "I5", steps: 4 },
  giverIsTheOneWhoSaysItNow: { invariant: "I5", steps: 5 },
  copiesSeeWhatAllHave: { invariant: "I5", steps: 3 },
  statusIsOfWhatItSees: { invariant: "I6", steps: 3 },
  lineIsConstant: { invariant: "I6", steps: 2 },
  lineNamesWhatWasGiven: { invariant: "I6", steps: 5 },
  answersJoinTheirThread: { invariant: "I4", steps: 4 },
  typedBlocksNobody: { invariant: "I4", steps: 2 },
};
