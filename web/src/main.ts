import { mount } from 'svelte';
import App from './App.svelte';
import { app } from './state/app.svelte';
import { prefs } from './state/prefs.svelte';
import { words } from './words/index.svelte';
import './styles/base.css';
import './styles/mail.css';
import './styles/reading.css';
import './styles/writing.css';

document.documentElement.lang = words.language;
prefs.apply();
mount(App, { target: document.getElementById('app')! });
void app.start();
