CREATE TABLE `conversation_addresses` (
	`email` text NOT NULL,
	`conversation_id` text NOT NULL,
	`is_chat` integer NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`email`, `conversation_id`)
);
--> statement-breakpoint
CREATE INDEX `conversation_addresses_respell` ON `conversation_addresses` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `conversation_addresses_conversation` ON `conversation_addresses` (`conversation_id`);--> statement-breakpoint
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
CREATE TABLE `places` (
	`email` text PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `places_respell` ON `places` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE TABLE `account_links` (
	`hash` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`agent_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`agent_id`) REFERENCES `agents`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `account_links_agent` ON `account_links` (`agent_id`,`purpose`);--> statement-breakpoint
CREATE TABLE `secret_tries` (
	`key` text NOT NULL,
	`hour` integer NOT NULL,
	`tries` integer NOT NULL,
	PRIMARY KEY(`key`, `hour`)
);
--> statement-breakpoint
CREATE INDEX `secret_tries_hour` ON `secret_tries` (`hour`);--> statement-breakpoint
CREATE TABLE `form_conversations` (
	`form` text NOT NULL,
	`person` text NOT NULL,
	`conversation_id` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`form`, `person`)
);
--> statement-breakpoint
CREATE INDEX `form_conversations_respell` ON `form_conversations` (`person`) WHERE person GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE TABLE `form_offers` (
	`address` text PRIMARY KEY NOT NULL,
	`offered_at` integer NOT NULL,
	`declined_at` integer
);
--> statement-breakpoint
CREATE TABLE `forwarding_keys` (
	`agent_id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `forwarding_keys_key_unique` ON `forwarding_keys` (`key`);--> statement-breakpoint
CREATE TABLE `mail_alone` (
	`name` text PRIMARY KEY NOT NULL,
	`ledger_id` text NOT NULL,
	`begun_at` integer NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `agents` ADD `preferences` text;--> statement-breakpoint
ALTER TABLE `agents` ADD `removed_at` integer;--> statement-breakpoint
ALTER TABLE `agents` ADD `removed_by` text;--> statement-breakpoint
CREATE INDEX `agents_removed` ON `agents` (`removed_at`) WHERE removed_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `ledger` ADD `reply_to` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `try_at` integer;--> statement-breakpoint
ALTER TABLE `ledger` ADD `unfinished` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger` ADD `small_ends` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger` ADD `is_partial` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `ledger` ADD `asked` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `reader_version` integer;--> statement-breakpoint
ALTER TABLE `ledger` ADD `asked_version` integer;--> statement-breakpoint
ALTER TABLE `ledger` ADD `forward_accepted_by` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `forwarded_out_of` text;--> statement-breakpoint
ALTER TABLE `ledger` ADD `forwarded_out_seq` integer;--> statement-breakpoint
CREATE INDEX `ledger_braked` ON `ledger` (`received_at`,`id`,`mailbox_id`) WHERE state = 'filtered' AND verdict = 'filtered:brake';--> statement-breakpoint
CREATE INDEX `ledger_given_up` ON `ledger` (`reader_version`) WHERE unfinished >= 2;--> statement-breakpoint
ALTER TABLE `mailboxes` ADD `brake_off_until` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `password_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_used_at` integer;--> statement-breakpoint
CREATE INDEX `sessions_expires` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE INDEX `contact_addresses_respell` ON `contact_addresses` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `contacts_respell` ON `contacts` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `participants_respell` ON `participants` (`email`) WHERE email GLOB '*@*[^ -~]*';--> statement-breakpoint
CREATE INDEX `undeliverable_addresses_respell` ON `undeliverable_addresses` (`email`) WHERE email GLOB '*@*[^ -~]*';