CREATE TABLE `notices` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`count` integer NOT NULL,
	`dismissed_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notices_kind` ON `notices` (`kind`,`subject`);--> statement-breakpoint
ALTER TABLE `mailboxes` ADD `brake_off_until` integer;--> statement-breakpoint
CREATE INDEX `ledger_braked` ON `ledger` (`received_at`,`id`,`mailbox_id`) WHERE state = 'filtered' AND verdict = 'filtered:brake';