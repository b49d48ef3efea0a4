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
ALTER TABLE `agents` ADD `preferences` text;--> statement-breakpoint
ALTER TABLE `agents` ADD `removed_at` integer;--> statement-breakpoint
ALTER TABLE `agents` ADD `removed_by` text;--> statement-breakpoint
CREATE INDEX `agents_removed` ON `agents` (`removed_at`) WHERE removed_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `password_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_used_at` integer;--> statement-breakpoint
CREATE INDEX `sessions_expires` ON `sessions` (`expires_at`);