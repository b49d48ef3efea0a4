CREATE TABLE `mail_alone` (
	`name` text PRIMARY KEY NOT NULL,
	`ledger_id` text NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `ledger` ADD `try_at` integer;--> statement-breakpoint
ALTER TABLE `ledger` ADD `unfinished` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger` ADD `small_ends` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger` ADD `is_partial` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger` ADD `asked` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `reader_version` integer;--> statement-breakpoint
ALTER TABLE `ledger` ADD `asked_version` integer;--> statement-breakpoint
CREATE INDEX `ledger_given_up` ON `ledger` (`reader_version`) WHERE unfinished >= 2;