CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`access_token` text,
	`refresh_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`id_token` text,
	`password` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `agents`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `accounts_user` ON `accounts` (`user_id`);--> statement-breakpoint
CREATE TABLE `agents` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer DEFAULT false NOT NULL,
	`image` text,
	`role` text DEFAULT 'none' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agents_email_unique` ON `agents` (`email`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`role` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `attachments` (
	`id` text PRIMARY KEY NOT NULL,
	`conversation_id` text,
	`uploaded_by` text NOT NULL,
	`name` text NOT NULL,
	`type` text NOT NULL,
	`size` integer NOT NULL,
	`key` text NOT NULL,
	`is_claimed` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `attachments_unclaimed` ON `attachments` (`created_at`) WHERE is_claimed = 0;--> statement-breakpoint
CREATE TABLE `auto_answers` (
	`ledger_id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `auto_answers_email` ON `auto_answers` (`email`,`at`);--> statement-breakpoint
CREATE TABLE `contact_addresses` (
	`email` text PRIMARY KEY NOT NULL,
	`contact_id` text NOT NULL,
	`is_proven` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`contact_id`) REFERENCES `contacts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `contact_addresses_contact` ON `contact_addresses` (`contact_id`);--> statement-breakpoint
CREATE TABLE `contact_conversations` (
	`contact_id` text PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `contacts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text,
	`name_key` text,
	`email` text,
	`attributes` text NOT NULL,
	`blocked_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `contacts_email` ON `contacts` (`email`);--> statement-breakpoint
CREATE INDEX `contacts_name` ON `contacts` (`name_key`);--> statement-breakpoint
CREATE TABLE `conversations` (
	`id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`is_unread` integer NOT NULL,
	`assignee_id` text,
	`contact_id` text,
	`channel` text NOT NULL,
	`last_at` integer NOT NULL,
	`revision` integer NOT NULL,
	`item` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `conversations_status` ON `conversations` (`status`,`channel`,`last_at`,`id`);--> statement-breakpoint
CREATE INDEX `conversations_assignee` ON `conversations` (`assignee_id`,`status`,`channel`,`last_at`,`id`);--> statement-breakpoint
CREATE INDEX `conversations_unread` ON `conversations` (`channel`,`last_at`,`id`) WHERE is_unread = 1;--> statement-breakpoint
CREATE INDEX `conversations_unread_assignee` ON `conversations` (`assignee_id`,`channel`,`last_at`,`id`) WHERE is_unread = 1;--> statement-breakpoint
CREATE INDEX `conversations_contact` ON `conversations` (`contact_id`,`last_at`,`id`);--> statement-breakpoint
CREATE TABLE `ledger` (
	`id` text PRIMARY KEY NOT NULL,
	`received_at` integer NOT NULL,
	`envelope_from` text NOT NULL,
	`envelope_to` text NOT NULL,
	`mailbox_id` text NOT NULL,
	`size` integer NOT NULL,
	`raw_key` text NOT NULL,
	`raw_hash` text NOT NULL,
	`content_hash` text,
	`state` text NOT NULL,
	`verdict` text,
	`decision` text,
	`reason` text,
	`subject` text,
	`from_address` text,
	`message_id` text,
	`conversation_id` text,
	`seq` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`accepted_by` text,
	`move_to` text,
	`moved_from` text,
	`moved_by` text,
	`moves` integer DEFAULT 0 NOT NULL,
	`retry_at` integer,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `ledger_raw` ON `ledger` (`mailbox_id`,`envelope_to`,`raw_hash`);--> statement-breakpoint
CREATE INDEX `ledger_sender` ON `ledger` (`from_address`,`received_at`);--> statement-breakpoint
CREATE INDEX `ledger_received` ON `ledger` (`received_at`,`id`);--> statement-breakpoint
CREATE INDEX `ledger_attention` ON `ledger` (`received_at`,`id`) WHERE state IN ('quarantined', 'failed');--> statement-breakpoint
CREATE INDEX `ledger_filtered` ON `ledger` (`received_at`,`id`) WHERE state = 'filtered';--> statement-breakpoint
CREATE INDEX `ledger_message` ON `ledger` (`mailbox_id`,`message_id`,`content_hash`);--> statement-breakpoint
CREATE INDEX `ledger_moving` ON `ledger` (`updated_at`) WHERE move_to IS NOT NULL;--> statement-breakpoint
CREATE INDEX `ledger_retry` ON `ledger` (`retry_at`) WHERE retry_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `mail_ids` (
	`mailbox_id` text NOT NULL,
	`message_id` text NOT NULL,
	`conversation_id` text NOT NULL,
	`seq` integer,
	`content_hash` text,
	`ledger_id` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`mailbox_id`, `message_id`)
);
--> statement-breakpoint
CREATE INDEX `mail_ids_ledger` ON `mail_ids` (`ledger_id`) WHERE ledger_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `mailboxes` (
	`id` text PRIMARY KEY NOT NULL,
	`address` text NOT NULL,
	`name` text,
	`signature` text,
	`locale` text,
	`assignee_id` text,
	`has_receipt` integer DEFAULT false NOT NULL,
	`has_out_of_hours` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mailboxes_address_unique` ON `mailboxes` (`address`);--> statement-breakpoint
CREATE TABLE `participants` (
	`conversation_id` text NOT NULL,
	`email` text NOT NULL,
	`ledger_id` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`conversation_id`, `email`, `ledger_id`)
);
--> statement-breakpoint
CREATE TABLE `reply_keys` (
	`key` text PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `saved_replies` (
	`id` text PRIMARY KEY NOT NULL,
	`category_id` text,
	`title` text NOT NULL,
	`text` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`category_id`) REFERENCES `saved_reply_categories`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE TABLE `saved_reply_categories` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`token` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `agents`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_token_unique` ON `sessions` (`token`);--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE TABLE `settings` (
	`id` integer PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `undeliverable_addresses` (
	`email` text PRIMARY KEY NOT NULL,
	`cause` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `verifications` (
	`id` text PRIMARY KEY NOT NULL,
	`identifier` text NOT NULL,
	`value` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer,
	`updated_at` integer
);
