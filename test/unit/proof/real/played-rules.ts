/** The rules of the product that a history turns on, by name: a driver asks these, so that one of them can be replaced by a leak. */
import { decideTyped } from "../../../../durable-objects/conversation/addresses.ts";
import { mayTravelTo } from "../../../../durable-objects/conversation/audience.ts";
import { decideMailMessage } from "../../../../durable-objects/conversation/commands.ts";
import { decideSend } from "../../../../durable-objects/conversation/core.ts";
import { decideReceiveMail } from "../../../../durable-objects/conversation/intake.ts";
import { addressOfRow } from "../../../../durable-objects/conversation/leaving.ts";
import { decideMoveIn } from "../../../../durable-objects/conversation/moves.ts";
import { decideSession } from "../../../../durable-objects/conversation/sessions.ts";
import { decideUnseen } from "../../../../durable-objects/conversation/unseen.ts";

export const RULES_OF_PRODUCT = {
  addressOfRow,
  decideMailMessage,
  decideMoveIn,
  decideReceiveMail,
  decideSend,
  decideSession,
  decideTyped,
  decideUnseen,
  mayTravelTo,
};

export type PlayedRules = typeof RULES_OF_PRODUCT;
